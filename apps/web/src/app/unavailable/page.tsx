'use client'

import { Button } from '../../parts/button.tsx'
import { Gate } from '../../sign-in/gate.tsx'

/** For whoever may be signed in, while the server cannot be asked. */
export default function UnavailablePage() {
  return (
    <Gate title="Tasklane cannot be reached">
      <p>Your session is kept, and nothing is lost. Try again in a moment.</p>
      <Button look="primary" onClick={() => window.location.reload()}>
        Try again
      </Button>
    </Gate>
  )
}
