import type { ReactNode } from 'react'

const icon = (drawing: ReactNode) =>
  function Icon() {
    return (
      <svg
        aria-hidden="true"
        width="16"
        height="16"
        viewBox="0 0 16 16"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.5"
        strokeLinecap="round"
        strokeLinejoin="round"
      >
        {drawing}
      </svg>
    )
  }

export const ListIcon = icon(<path d="M5.5 4h8M5.5 8h8M5.5 12h8M2.5 4h.01M2.5 8h.01M2.5 12h.01" />)
export const SunIcon = icon(
  <>
    <circle cx="8" cy="8" r="2.75" />
    <path d="M8 1.5v1M8 13.5v1M1.5 8h1M13.5 8h1M3.4 3.4l.7.7M11.9 11.9l.7.7M3.4 12.6l.7-.7M11.9 4.1l.7-.7" />
  </>,
)
export const CalendarIcon = icon(<path d="M2.5 3.5h11v10h-11zM2.5 6.5h11M5.5 2v2.5M10.5 2v2.5" />)
export const CheckIcon = icon(<path d="m3 8.5 3.2 3.2L13 5" />)
export const TrashIcon = icon(<path d="M2.5 4.5h11M6 4.5v-2h4v2M4 4.5l.6 9h6.8l.6-9" />)
export const SearchIcon = icon(
  <>
    <circle cx="7" cy="7" r="4.25" />
    <path d="m10.2 10.2 3.3 3.3" />
  </>,
)
export const PlusIcon = icon(<path d="M8 3v10M3 8h10" />)
export const PencilIcon = icon(<path d="m3 13 .6-2.9L11 2.7l2.3 2.3-7.4 7.4L3 13Z" />)
export const CrossIcon = icon(<path d="m4 4 8 8M12 4l-8 8" />)
export const RestoreIcon = icon(<path d="M3 7.5a5 5 0 1 1 1.2 4M3 3.5v4h4" />)
export const PersonIcon = icon(
  <>
    <circle cx="8" cy="5.25" r="2.75" />
    <path d="M2.75 13.5c.7-2.6 2.7-4 5.25-4s4.55 1.4 5.25 4" />
  </>,
)
export const ThemeIcon = icon(
  <>
    <circle cx="8" cy="8" r="5.5" />
    <path d="M8 2.5v11" />
    <path d="M8 2.5a5.5 5.5 0 0 1 0 11z" fill="currentColor" />
  </>,
)
export const LeaveIcon = icon(<path d="M6.5 2.5h-4v11h4M10 5l3 3-3 3M13 8H6" />)
