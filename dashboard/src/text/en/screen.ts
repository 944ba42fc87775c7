/** Words of the screen that hangs on a wall without a session, and of making its address. Belongs here: text only. */
export const screen = {
  hang: 'Hang on a wall',
  tokenName: (queue: string) => `Wall screen: ${queue}`,
  made: (queue: string) => `This is the address of a screen for ${queue}. It is shown this once: open it on the screen, where nobody needs to sign in.`,
  until: (moment: string) => `It ends on ${moment}.`,
  copy: 'Copy',
  copied: 'Copied',
  open: 'Open',
  revoke: 'Whoever has this address can read the tickets and desks of this queue, and nothing else. It is revoked under',
  ends: (moment: string) => `The address of this screen ends on ${moment}. Staff make a new one on the page “Wall screen”.`,
  refused: 'This screen’s address is not valid, or no longer: it has ended or was revoked. Please ask at the desk. Staff make a new one on the page “Wall screen”.',
  unknown: 'There is no such queue. Staff make a new address on the page “Wall screen”.',
  away: 'The server cannot be reached. The calls appear as soon as it answers.',
  awaySince: (moment: string) => `The server cannot be reached. These calls are from ${moment}; ask at the desk.`,
} as const
