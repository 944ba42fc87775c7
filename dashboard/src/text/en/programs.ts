/** Words about programs that read as themselves. Belongs here: text only. */
export const programs = {
  title: 'Programs that read by FHIR',
  sub: 'Each proves itself by its own key and gets tokens of five minutes (SMART Backend Services). It sees all patients.',
  none: 'No program is registered.',
  used: (moment: string) => `last given a token ${moment}`,
  unused: 'was never given a token',
  keys: (names: string) => `with keys ${names}`,
  holds: 'Holds',
  revoked: 'Revoked',
  revoke: 'Revoke',
  name: 'Name of the program',
  nameHint: 'Patients see it in the list of who looked at their record.',
  keySet: 'Its public keys (JSON Web Key Set)',
  keySetHint: 'As text, {"keys": […]}: RSA of 2048 bits and more, or EC P-384. Never a private key.',
  notKeySet: 'This is no JSON with a list named keys.',
  resources: { Appointment: 'Appointments', RiskAssessment: 'Risk assessments', Slot: 'Slots' },
  rights: [
    { value: 'none', label: 'Nothing' }, { value: 'rs', label: 'Read and search' }, { value: 'r', label: 'Read by id' }, { value: 's', label: 'Search' },
  ],
  register: 'Register',
  made: 'Registered. The program calls itself:',
} as const
