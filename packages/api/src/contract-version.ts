/**
 * Which contract a client was made for, in every request of a typed client. A whole number. Whoever sends none, such as a
 * tool, answers for itself.
 */
export const contractHeader = 'tasklane-contract'

/** The contract of this code. Goes up by one with a change that breaks a client. */
export const contractVersion = 1

/** The oldest contract whose clients this server still answers. */
export const oldestContractVersion = 1
