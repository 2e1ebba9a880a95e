'use client'

import { useState } from 'react'
import { Button } from '../parts/button.tsx'
import { LeaveIcon } from '../parts/icons.tsx'
import { notify, notifyFailure } from '../parts/notify.ts'
import { useAppSession } from '../session/app-session.tsx'
import { useUnsaved } from './use-unsaved.ts'

/** Signs out here and in every other tab. Asks once more while something is not saved. */
export function SignOutButton() {
  const { leave } = useAppSession()
  const unsaved = useUnsaved()
  const [isWarned, setWarned] = useState(false)
  if (isWarned && unsaved === 0) setWarned(false)

  function signOut(): void {
    if (unsaved === 0 || isWarned) leave().catch(notifyFailure)
    else {
      setWarned(true)
      notify({ kind: 'error', text: 'Some changes are not saved yet. Sign out once more to lose them.' })
    }
  }

  return (
    <Button look="quiet" isIcon aria-label="Sign out" title="Sign out" onClick={signOut}>
      <LeaveIcon />
    </Button>
  )
}
