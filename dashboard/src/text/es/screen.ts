/** Words of the screen that hangs on a wall without a session, and of making its address, in Spanish. Belongs here: text only. */
import type { Catalogue } from '../catalogue'

export const screen: Catalogue['screen'] = {
  hang: 'Colgar en la pared',
  tokenName: (queue) => `Pantalla de sala: ${queue}`,
  made: (queue) => `Esta es la dirección de una pantalla para ${queue}. Solo se muestra esta vez: ábrala en la pantalla, donde nadie tiene que iniciar sesión.`,
  until: (moment) => `Termina el ${moment}.`,
  copy: 'Copiar',
  copied: 'Copiado',
  open: 'Abrir',
  revoke: 'Quien tenga esta dirección puede leer los turnos y puestos de esta cola, y nada más. Se anula en',
  ends: (moment) => `La dirección de esta pantalla termina el ${moment}. El personal crea otra en la página «Pantalla de sala».`,
  refused: 'La dirección de esta pantalla no es válida, o ya no lo es: ha terminado o se anuló. Pregunte, por favor, en el mostrador. El personal crea otra en la página «Pantalla de sala».',
  unknown: 'No existe esta cola. El personal crea otra dirección en la página «Pantalla de sala».',
  away: 'No se llega al servidor. Las llamadas aparecen en cuanto responda.',
  awaySince: (moment) => `No se llega al servidor. Estas llamadas son del ${moment}; pregunte en el mostrador.`,
}
