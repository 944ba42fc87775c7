/** Words of the sign-in, which nobody reads who is signed in, in Spanish. Belongs here: text only. */
import type { Catalogue } from '../catalogue'

export const entrance: Catalogue['entrance'] = {
  newTitle: 'Abrir una cuenta',
  newBody: 'Para pacientes. Las cuentas del personal las crea la administración.',
  newHere: '¿Es su primera vez? Abra una cuenta de paciente',
  back: 'Ya tengo una cuenta',
  open: 'Abrir la cuenta',
  name: 'Su nombre',
  passwordHint: '15 caracteres o más. Unas cuantas palabras sin relación entre sí son una buena opción.',
  email: 'Correo electrónico',
  password: 'Contraseña',
  code: 'Código de su aplicación de autenticación',
  codeHint: 'Seis cifras, nuevas cada 30 segundos. O uno de sus códigos de recuperación.',
  enrol: 'Su función exige un segundo factor. Escanee esto con una aplicación de autenticación y escriba el código que muestre.',
  qr: 'Código QR para su aplicación de autenticación',
  secret: '¿No puede escanear? Escriba esta clave:',
  recovery: 'Guarde estos códigos de recuperación en un lugar seguro. Con cada uno puede entrar una vez si pierde el teléfono. No se vuelven a mostrar.',
  kept: 'Los he guardado',
  confirm: 'Confirmar',
  working: 'Iniciando sesión',
  refused: 'El correo y la contraseña no coinciden. Revise ambos e inténtelo de nuevo.',
  passkey: 'Usar una llave de acceso',
  refusedPasskey: 'La llave de acceso no se ha aceptado o no se ha tocado nada. Inténtelo de nuevo o use un código.',
  refusedCode: 'Este código no es válido ahora. Espere al siguiente e inténtelo de nuevo.',
  ended: 'Su sesión ha terminado. Inicie sesión de nuevo para continuar.',
}
