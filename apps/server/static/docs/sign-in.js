// Signs in at the top of the page, and hands the token to the user interface. It is kept in this page alone.
const bundle = window.SwaggerUIBundle
let ui
window.SwaggerUIBundle = Object.assign((config) => {
  ui = bundle(config)
  return ui
}, bundle)

const form = document.createElement('form')
form.id = 'sign-in'
form.innerHTML = `
  <label>Username or email <input name="username_or_email" autocomplete="username" required></label>
  <label>Password <input name="password" type="password" autocomplete="current-password" required></label>
  <button type="submit">Sign in</button>
  <output role="status"></output>`
document.body.prepend(form)

const status = form.querySelector('output')
const button = form.querySelector('button')

form.addEventListener('submit', async (event) => {
  event.preventDefault()
  button.disabled = true
  status.value = 'Signing in …'
  try {
    const response = await fetch('/api/auth/login', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(Object.fromEntries(new FormData(form))),
    })
    const answer = await response.json()
    if (response.ok) {
      ui.preauthorizeApiKey('bearer', answer.access_token)
      form.elements.password.value = ''
      const minutes = Math.round(answer.expires_in / 60)
      status.value = `Signed in as ${answer.user.username ?? answer.user.email}, for ${minutes} minutes`
    } else status.value = answer.detail
  } catch {
    status.value = 'The server cannot be reached. Try again'
  }
  button.disabled = false
})
