import { createHash } from 'node:crypto'

/**
 * Whether a signing secret is known to everybody: printed in documentation, tutorials or example settings, on
 * the lists that attackers try first, or so plain that it can be guessed. Case, white space and quotes around
 * it, and `base64:` before it do not make it another. Secrets of a random generator are not taken for one.
 */
export function isPublicSecret(secret: string): boolean {
  const folded = fold(secret)
  return digests.has(digestOf(folded)) || isPlaceholder(folded) || isMonotonous(folded)
}

function fold(secret: string): string {
  return secret
    .toLowerCase()
    .replace(/^[\s"']+|[\s"']+$/g, '')
    .replace(/^base64:/, '')
}

function digestOf(secret: string): string {
  return createHash('sha256').update(secret).digest().subarray(0, 8).toString('base64')
}

/** The longest first, for the first that fits is taken. */
function anyOf(words: string): string {
  const longestFirst = words.split(/\s+/).sort((one, other) => other.length - one.length)
  return `(?:${longestFirst.join('|')})`
}

const what = anyOf('secret key token password')
const qualities = anyOf(
  'own very super ultra strong secure long random unique private generated production app api jwt' +
    ' better next auth session cookie access refresh signing encryption bit byte char character',
)

/** What stands in examples to be replaced, with anything or nothing between its words. */
const placeholders = [
  /(?<!ex|inter)change(?:me(?!nt)|this|it|in(?:prod|dev)|before|immediately)/,
  /replace(?:me(?!nt)|this|it|with)/,
  /placeholder/,
  new RegExp(`your(?:${qualities}|\\d)*${what}`),
  new RegExp(`example${what}`),
  /(?:atleast|min(?:imum)?(?:of)?)(?:\d+|thirtytwo)(?:random)?(?:bit|byte|char)/,
  /\d(?:plus)?(?:bit|byte|char(?:acter)?)s?(?:min|long|ormore|required)/,
]

function isPlaceholder(secret: string): boolean {
  const letters = secret.replace(/[^a-z0-9]/g, '')
  return placeholders.some((placeholder) => placeholder.test(letters))
}

/** Words that say what a secret is, and rows of keys. They leave nothing secret behind. */
const emptyWords = new RegExp(
  anyOf(
    'secret secrets key keys token tokens password passphrase jwt json web auth authentication' +
      ' authorization oauth nextauth better session cookie sign signing signature encryption access' +
      ' refresh app application api admin server backend service user super very really ultra long' +
      ' longer strong secure security safe complex random randomly unique private generate generated' +
      ' generation validation algorithm string value test tests testing unit dev development local' +
      ' localhost demo sample example default fallback temp temporary dummy fake mock purpose purposes' +
      ' prod production staging change changed replace replaced please must should need needs with' +
      ' without that this these which not for from here in is it to be at my your our you char chars' +
      ' character characters byte bytes bit bits min minimum length enough required hs256 hs384 hs512' +
      ' hmac sha256 sha512 256 384 512 qwerty qwertyuiop asdfgh asdfghjkl zxcvbn zxcvbnm 1234 12345' +
      ' 123456 1234567 12345678 123456789 1234567890',
  ),
  'g',
)

const distinctMin = 10
/** One in 10 000 random secrets of 32 hexadecimal digits has fewer than ten of the sixteen. */
const distinctMinOfHex = 7

function isMonotonous(secret: string): boolean {
  const distinct = new Set(secret.replace(emptyWords, '')).size
  const isHex = /^[\da-f-]*$/.test(secret)
  return distinct < (isHex ? distinctMinOfHex : distinctMin) || isRepeated(secret) || isSequence(secret)
}

/** `abcabcab`: what follows a first part is its beginning again. */
function isRepeated(secret: string): boolean {
  for (let period = 1; period <= secret.length / 2; period++) {
    if (secret.startsWith(secret.slice(period))) return true
  }
  return false
}

/** `abcdefgh01234567`: at least half of the characters come next after the one before them. */
function isSequence(secret: string): boolean {
  const codes = [...secret].map((character) => character.codePointAt(0) ?? 0)
  return codes.filter((code, index) => code - 1 === codes[index - 1]).length >= codes.length / 2
}

/**
 * The first 8 bytes of the SHA-256 of secrets that were found in public, in lower case, as base64. Add one by
 * `printf %s 'the secret' | tr A-Z a-z | openssl dgst -sha256 -binary | head -c 8 | base64`, where it sorts.
 */
export const digests: ReadonlySet<string> = new Set(
  `
  +0w3rd1eLZg= +1rHQ3k2cfY= +7dsqr5m7/w= +DgwRMjW00k= +DmmFEHDvqc= +FrNNTLvEq4= +L8IAvr2Wc4= +nB8aArmchc=
  +tSc3/+FtkU= +vSt9ii/5Ao= /IKEumKIRRE= /OJeJ0U5aCQ= /U3sdavC334= /VvBAWqf3YU= /Yxovj61t1Q= /bTdTTUk4Co=
  /cBI6Ch+Fm8= /rj+xoDt8cs= 0D7NSzvoHrI= 0HFz66O1wc8= 0MNhpFTNh8o= 0XPmGdhTnsQ= 0a4WOoYStck= 0bU/29WEZ1s=
  0eFNpqFtv/A= 0n76jrGq1ko= 0zOJ0CQfozs= 15e6rAS9dQA= 1A7NE0YbSi0= 1DzVIZKuEOs= 1MNbownFRaQ= 1Wx6VJcpu/Q=
  1ZPDQJUCaY0= 1al13+AwM4k= 2BjHW34qOBM= 2WaT6z0puDo= 2hfcAamAH5U= 2yPDh7NYQ94= 3A9t4Uxts9M= 3CZQEprij2o=
  3G1A9Hvmf14= 3WP5giIn9G8= 3n44rZ51BBo= 3oY20ZHI+20= 3tAkFlMW1HQ= 4BNwy6ErTcQ= 4SMOEyHlrC0= 4VV7p0JrRic=
  4pB5vrs13dQ= 4tPgUy2TRvA= 55Uo8kJQScE= 59/HO5NRZWo= 5JjoRFX5aUI= 5TM3ZSXSrI8= 5auOMINnnaY= 5ddgZxN0uHI=
  5ofVqcoG+v8= 5oquup4VZ/c= 5tZc4sw7DuE= 6E9SUJhC9gU= 6PtyLH7MSho= 6QD/K7QG0/4= 6R6JaaTOhtI= 6UZ463s2uWU=
  6XYkeSN/Ss8= 6YaMEAQUCuc= 6rq6FXRnLeU= 7Txm5ft8cVs= 7YjI0ToKfPU= 7lxO3zUr/co= 7soaYu3Sbwo= 8Ca8LTZTOtQ=
  8D0enTGdb0w= 8FyspmlC9aI= 8MVy2Yev/x0= 8TYxWu3FubA= 8VciFapK4G0= 8b5fGRfJpPQ= 8jaFge0XwMw= 8l7Con2bwAk=
  9/8aqc9MNuw= 93VoA8rYzyw= 962+BK8oi/w= 9KIGislz73M= 9mPj3nbrkVA= 9tUn5tAYZUg= 9vjpPHvDods= A6GDDAzy6eo=
  A89twVUQwXg= AAGqHRZjvB4= AS5cTnrJjpM= AU57Rte21xQ= B/v51Tzo8oI= B0M33BXBa3Q= BDfTECf+Dto= BFjj85OEmSw=
  BNtZp4AAogc= BOrhA3iwotE= BrPDaTo0Hcg= Bs9lMJI5/rM= BsfoDWtICZY= Bxbf3fDYKxY= BzewB8hoPZg= CMtdKGgS9hQ=
  CpkX8c+OAsA= D0XEHbv4HPQ= D6KFfoEGpH0= D8bU9+SNgIg= DF/PUZJjQZU= DGBlmlCyCeY= DTVu3gukmYE= DuPIbEaOP/o=
  DxQg9jMUbGs= E0657e8eHFE= E448IfjFWB4= EDq13ZdpZkw= EfiOu5AasI8= El1tZyMg/e0= Eu16z9aie6w= F04cNZ88lvA=
  F0n4yGW9/NU= F0s3dYydqTQ= FFPOotw3mek= FZA5BrHOv/4= FatCYHrzKDE= FlK4YVu7rkU= Fx0x+5FBPSo= G+h32HK+4eQ=
  G4qxt8ym1Xs= G7Ajw6/aE3M= G7FtHIlgBTo= GAjqov+lwFs= GpAJ5xiz+ck= H6ayQUVyRKQ= HEZyy5bNGnw= HHytMs4amuw=
  HOV146Viz2E= HY6iMbLSrU4= Hg2qPRQ+L4w= Hh1L/h5MvSk= HiiRQEqAfXw= HnqjGqZg2O4= HqCm9KYXLL4= HvJQcmzcRIY=
  I+5bLXStLhk= I0GbkAZYGYY= I0oDlTR9vec= I2uHQa8zl2E= ILw9Fs2udMI= IOFlrgQTMWs= Ib/vao702PA= JZj31q3BQtg=
  JcaZS2+NrB4= JuQXh7QCLxg= K5EIHyunH9U= K8HvKVMtDIA= KCrV9gJhY58= KDI/eJ2y5AY= KGL5/ersasc= KPSXO307tqg=
  KRsohXGFuWk= KYJrQ+n2a0A= KYiiTAvMRA4= Kuc2WAOduDA= Kx+mJxeONCQ= Kzb5SUwKmT4= L9ePDYAoWSY= Lju05dw29jk=
  LlkfCtJRrj8= LoMGHPqEusU= M7CP2amFaA4= MAtydl24kTk= MB7UpuTNOmk= MECEq9G3aZ8= MQnYoI/wf1s= MTQOdACzM7Q=
  MlraROthudU= MtuA2b2D4go= MuX3KoIXSHA= MvZFX5PsunY= N5m/HNBD0Hw= N9oZR3EQR60= NAqXCqL4VNk= NPRgG+62rtQ=
  NTlHdwt8JVA= NefXSAX036c= NnEAActd0HY= NsfSjaG2xUM= NzOc9I5R9Bk= O60NjA8BmIU= O8TCrCK+XcQ= OcFJUwgjvMs=
  OcQPoab06fU= OdSj3aB6aoQ= P/jWjB87H10= PYqPCG0pk5M= PZFqV1Ji0Zk= PZHXOfwbdf8= PrG9Q5lH63Y= PzOZW7AFl+Y=
  Q/haAg9CUwA= Q0yNgkyPXOs= Q9cVsCsSG5U= QEIhCXUArVo= QOtLJxnPlHw= QYMH8sKM9iE= QbVkyN3sAt0= Qj0jnay8LTs=
  QuIoGO+0QaQ= R/oPDU/zde8= R1EK5/vOjqQ= RFEnVX08wqY= RPtKdgfZHT8= RWsKfCiHKBI= Ra7aVmYMdvA= RajyBsGGTjA=
  RdsEM28PQ84= ReASCaFBofo= ReQeD8a/vGE= Rl2a1dVSjr4= S382FCWbqkY= SM7FdRA5td4= Sa2mw/1OmYU= SbWPi3AAHC4=
  SgRcUFmT57E= SvKF2RDLVw0= SxZmUR/De5Q= SxiyiCRyObE= T+lcJ5wxkwY= TAvwgiHz1x4= TOOLIY31iJA= Tiz7zUNENyg=
  Tov/qz4BvXk= TqbU4yXUlQ0= TwhmQemtDX0= U/YWfzOyqzk= UAs3tvJCYn8= UCLT+56sask= UFDYn3E8Db4= UMYrXALDXOQ=
  URbijpQLfv0= Un5MLXzI//Q= UtHOZt0fiIg= V9Dp1fsXlzM= VC/koluUAKs= VGG2b2T71IE= VL2wrs5Blw4= Vgxe5HGJuBw=
  Vl26ZuFJczA= VofisJjFPAk= VpOc0GL1F0M= Vs527Cm5P/I= Vw2tQ94a9Mk= W3qyYMhgOzY= W5bziSySg1g= W7spWq3isU0=
  W9Y8jCiWjuw= WCzHnNUqVA8= WUwIHSPeIrE= WdtKqcbfWBE= WnRksilTmMc= WuBgdQbozsg= XGMKOyKWJ7k= XSjUNdL2UMk=
  XUew08xQwJc= Xfc+GqWdjzM= XlXz1uEy8jU= XnGkPhxJqtM= XyrU/6ngPVw= Y90b9FjM4GI= Y9FxxEx8uE4= YBC9JIN8Rio=
  YCIh/A6RzpA= YUIqz0Lx+As= Yg+zfoWnHj8= YjnLv2NcT5o= Z1cw53II4xA= Z7imcCsnIlY= Z93gQS7bQK4= ZG/n6TNVRaM=
  ZK1a6A97HkY= ZXX0qUb12ec= ZpmGNG1TxMM= aNke3relTdE= aQJPIemtF1k= aQg7wCM7W2o= ac1D/geCjYw= ajhyfJ3hwMk=
  akwBBPd76Hc= am9vRGi2Rr8= asQtUBVTkMA= bOef4HYG7ew= cDnnNhn0XWg= caOEjJZoOrQ= ciNFOSB2qOE= cj8VfMxSAzs=
  ckVxhCumtcA= cnpoF3uYR3g= cva6ZusD9Hs= cy452xwYOsQ= d1FILNThh/w= d6lg1QUH7PQ= dFqRgj7Kp2Q= dSRWX+hlcQU=
  dV8FgflX0uQ= da9c1hUf9Sg= dc5J4XCiUko= drYoQqGJcSU= eDp8RLBH6Lk= eKbHYUjLmlg= eKvqxWSWncU= eTN5SjY62CM=
  ec2fJe/J/MQ= ee9ZmwPIS5A= egaFrddUtWo= en2xN3aaM9Y= ernpLsLvDgI= f/BwjAeMOsk= fBFUtRUpg5c= fKnl/4U2OlY=
  fR8hcTh8+UE= fS33nhA7zGw= fbhcuZN6Lfc= g3EjJi/Auig= g5ro91u3pSg= g77Ld5/vSxc= gE0vqcgSaxE= gLGdIfQV+sI=
  gTLz4S4cCVc= gVD0UD9wS5E= hDSymd0xe6s= hExtD+RkLFs= hg/Sgdu6Evg= hhAJ7E1Zn6s= hmyhfgv7L5U= hz+wiUWncy8=
  i8cy3I6jzxI= iltQwYIfnFU= im7AMAO70YU= iqdCUUqTxrc= irXnk0Q1dDk= ityHU0chjMU= izWmFgbNybg= j1n676HFhVc=
  j2i4IaqzxsQ= j2yXGsghVHw= jEo+eAG0S7M= jFaucDhXnwI= jQ++rKTi5pU= jVEjwLGh9Vs= jdxGDMKfBvo= jk24qqCwfUQ=
  jngJkmnVY6k= juyzv9WWXlw= jwUD4YZ3tkU= k5h5o+rmJHI= k6EVWpsHGrk= kCbT0XNPCwk= kDLX0NPmzoU= kJDUDqJjVl4=
  kJog9FbUA80= kPl/nf2pdts= ktUfxxQcHdc= l0yaFBXLBCA= l33wSCsEDUU= lSR3jslkWPc= m05YKRIeE18= mC9OOgIW85I=
  mDUCVcjjDfI= mGSQ5iNYc6s= mHe+Ys1ZyXs= mKQ0BwBtXqE= mipNLLioy6c= mli1L7nIJaA= mxU43tlLk1U= n7AGBWwzetc=
  nA2JJh3nQe0= nKB6Fp7mB6U= nj2Yy4Zerrs= o/rP7EiSkrU= oGS1AuYdJ+k= oOzlGGZNFK4= oTGvIPuhx+0= ogv2Z7odBjQ=
  ow+Va2QU84A= pE4nmwB/7lc= pQkNnOmY/uI= pYYPcE+XHpQ= pZ6ZOxK4TNA= pkCAGd7F9SI= q/4IHZkuVow= q/OmlJhK744=
  q/a2ebT5yNk= q7f1/5HT8tI= qK5ubukpq+o= qQLcwTINEjY= qRrPu/I7mEE= qZdIvlgaBa8= qgpdD123UsE= qnt/jJZ4slc=
  qrASfkT3rX0= rB5TAjX0vQc= rCc9kU426XY= rSuh/AbtHu4= rVVT7fjY5a4= rX+3QnXY/mo= rbch8VQb8xI= resuyBMYSbw=
  rgD5XFdxwiE= rmARjrnC+dk= rokdxBsnu+c= s/pd3mumPjA= s22dYeGJpUc= s89RUqELelk= sQm1moQkCcs= sTCRl20jps0=
  sX7dqfG5kSA= shP13jTaa3w= stTJyLqmAs4= t027Ow7cGx0= t7v3oTswueE= t9Pj7xXBIlQ= tguMpVf2n7c= tlmYyXkg7ds=
  treBnfPuCMM= u+83d89TFsI= u8/ooJfRSAE= uIlWLqoa27Y= uk0kopqO2XQ= v+01HmPwpKQ= vDXe+9yE+CQ= vdgcZqwQYeM=
  w/0wKAQmsyY= w/ZyIsC6na8= w3u+TfkEma0= w5LMPxppjMA= w72G+SjgPic= wBQBYSXN8R0= wI3Xvd7IjTo= wVMnoHr5WjE=
  waxYnAdtdcg= wcIFLat6FPw= wdLocmN18R8= wmP1x1d/7R4= wrRKjtUkkYk= x+coz2vJb3c= x+l3fyzInf8= x/bkbgBVc9w=
  xCfU0kVca/E= xE0k4FWhaMk= xnqaV8kNNe0= y0Q7KqI2o/c= y3sVtM7HWHQ= y9Zot9v/wEM= yDr06r+77Fc= yFp9UQ33vaY=
  yHQLiG+JkWM= yJCYB0erVxg= yNAkOlpnCec= yWp+6Vq1cW0= yZdY2zOvcPs= yhG7WqIj6HE= yn2MQ+Is1Wk= yomVOLESybg=
  yqyZilDFwpw= ywqxQM+TSyk= z0aTagFiVYo= z1b72EHnN6k= z2BOgD9h8Uk= zaAZp5qff2U= zbUGS/KK3+Y= zrPTrd5EHeU=
  ztAqvUYUIAk= zwqozinVdgc= zxIGL6vP5ec=
`
    .trim()
    .split(/\s+/),
)
