/**
 * The one script of the pages: it shows the passkey form where the browser can do passkeys, and lets
 * the authenticator fill it. Everything else works without it.
 */

export const SCRIPT = `
const form = document.querySelector('form[data-passkey]')
if (form && window.PublicKeyCredential?.parseRequestOptionsFromJSON) {
  const problem = form.querySelector('[role=alert]')
  form.hidden = false
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    problem.hidden = true
    try {
      const answer = await fetch(form.dataset.passkey, { method: 'POST' })
      if (!answer.ok) throw new Error(answer.status)
      const options = await answer.json()
      const credential = form.dataset.kind === 'create'
        ? await navigator.credentials.create({
            publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options),
          })
        : await navigator.credentials.get({
            publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options),
          })
      form.elements.response.value = JSON.stringify(credential)
      form.submit()
    } catch {
      problem.hidden = false
    }
  })
}
`
