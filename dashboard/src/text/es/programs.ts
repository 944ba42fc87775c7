/** Words about programs that read as themselves, in Spanish. Belongs here: text only. */
import type { Catalogue } from '../catalogue'

export const programs: Catalogue['programs'] = {
  title: 'Programas que leen por FHIR',
  sub: 'Cada uno se acredita con su propia clave y recibe permisos de cinco minutos (SMART Backend Services). Ve a todos los pacientes.',
  none: 'No hay ningún programa registrado.',
  used: (moment: string) => `último permiso ${moment}`,
  unused: 'nunca recibió un permiso',
  keys: (names: string) => `con claves ${names}`,
  holds: 'Vigente',
  revoked: 'Revocado',
  revoke: 'Revocar',
  name: 'Nombre del programa',
  nameHint: 'Los pacientes lo ven en la lista de quién consultó su historia.',
  keySet: 'Sus claves públicas (JSON Web Key Set)',
  keySetHint: 'Como texto, {"keys": […]}: RSA de 2048 bits o más, o EC P-384. Nunca una clave privada.',
  notKeySet: 'Esto no es un JSON con una lista llamada keys.',
  resources: { Appointment: 'Citas', RiskAssessment: 'Evaluaciones de riesgo', Slot: 'Huecos' },
  rights: [
    { value: 'none', label: 'Nada' }, { value: 'rs', label: 'Leer y buscar' }, { value: 'r', label: 'Leer por id' }, { value: 's', label: 'Buscar' },
  ],
  register: 'Registrar',
  made: 'Registrado. El programa se identifica como:',
}
