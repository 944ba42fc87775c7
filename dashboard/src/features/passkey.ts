/** The browser's side of a passkey: a new one, and an answer by one. Belongs here: WebAuthn. Not here: what it is for. */
import type { NewCredential, UsedCredential } from '../api'

/** Whether this browser can turn the server's JSON into a ceremony (WebAuthn Level 3), on an address that allows it. */
export const hasPasskeys = (): boolean =>
  typeof PublicKeyCredential === 'function' && typeof PublicKeyCredential.parseCreationOptionsFromJSON === 'function'

/** Ask for a new passkey; rejects when the person turns it down. */
export async function makePasskey(options: Record<string, unknown>): Promise<NewCredential> {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options as unknown as PublicKeyCredentialCreationOptionsJSON)
  return jsonOf<NewCredential>(await navigator.credentials.create({ publicKey }))
}

/** Have one of the person's passkeys sign; rejects when the person turns it down. */
export async function usePasskey(options: Record<string, unknown>): Promise<UsedCredential> {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options as unknown as PublicKeyCredentialRequestOptionsJSON)
  return jsonOf<UsedCredential>(await navigator.credentials.get({ publicKey }))
}

function jsonOf<T>(credential: Credential | null): T {
  if (!(credential instanceof PublicKeyCredential)) throw new DOMException('no passkey was given', 'NotAllowedError')
  return credential.toJSON() as T
}
