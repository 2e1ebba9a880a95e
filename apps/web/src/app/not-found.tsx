import { Gate } from '../sign-in/gate.tsx'

export default function NotFound() {
  return (
    <Gate title="There is no such page" links={<a href="/">To your tasks</a>}>
      <p>The address is wrong, or the page has moved.</p>
    </Gate>
  )
}
