/** The pages of the device flow (RFC 8628): the code of a television or a command line, typed in here. */

import type { Client, Context } from 'oidc-provider/lib/provider.js'
import { type Html, html } from './html.ts'
import { layout } from './layout.ts'
import { readOwnForm } from './library-form.ts'
import { send } from './send.ts'

/** What oidc-provider asks for under `features.deviceFlow`. */
export interface DevicePages {
  userCodeInputSource(ctx: Context, form: string, out?: unknown, problem?: Error): Promise<void>
  userCodeConfirmSource(
    ctx: Context,
    form: string,
    client: Client,
    deviceInfo: unknown,
    userCode: string,
  ): Promise<void>
  successSource(ctx: Context): Promise<void>
}

export function createDevicePages(title: string): DevicePages {
  return {
    async userCodeInputSource(ctx, form, _out, problem) {
      send(ctx, inputPage(title, form, problem && problemText(problem)))
    },
    async userCodeConfirmSource(ctx, form, client, _deviceInfo, userCode) {
      send(ctx, confirmPage(title, form, client.clientName ?? client.clientId, userCode))
    },
    async successSource(ctx) {
      send(ctx, successPage(title))
    },
  }
}

function problemText({ name }: Error): string {
  if (name === 'ExpiredError') return 'This code has expired. Ask your device for another one.'
  if (name === 'AlreadyUsedError') return 'This code was used already. Ask your device for another.'
  if (name === 'AbortedError') return 'Nothing was allowed. You can close this page.'
  if (name === 'NotFoundError' || name === 'NoCodeError') {
    return 'There is no such code. Compare it with your device.'
  }
  return 'This did not work. Ask your device for another code.'
}

function inputPage(title: string, form: string, problem: string | undefined): Html {
  const { action, xsrf } = readOwnForm(form)
  return layout(
    title,
    html`<h1>Connect a device</h1>
<p id="hint">Type the code that your device shows.</p>
${problem !== undefined && html`<p class="alert" role="alert" id="problem">${problem}</p>`}
<form method="post" action="${action}">
<input type="hidden" name="xsrf" value="${xsrf}">
<label for="code">Code</label>
<input id="code" name="user_code" class="code" autocomplete="off" autocapitalize="characters" spellcheck="false" maxlength="20" required autofocus aria-describedby="hint${problem !== undefined && ' problem'}">
<button type="submit">Continue</button>
</form>`,
  )
}

function confirmPage(title: string, form: string, client: string, userCode: string): Html {
  const { action, xsrf } = readOwnForm(form)
  const hidden = html`<input type="hidden" name="xsrf" value="${xsrf}">
<input type="hidden" name="user_code" value="${userCode}">`
  return layout(
    title,
    html`<h1>Is this your device?</h1>
<p><strong>${client}</strong> shows the code <strong class="code">${userCode}</strong>. Go on only if you have it in front of you: whoever sent you this code would get your access.</p>
<form method="post" action="${action}">
${hidden}
<input type="hidden" name="confirm" value="yes">
<button type="submit">Yes, continue</button>
</form>
<form method="post" action="${action}">
${hidden}
<input type="hidden" name="abort" value="yes">
<button type="submit" class="plain">No, stop</button>
</form>`,
  )
}

function successPage(title: string): Html {
  return layout(
    title,
    html`<h1>Your device is connected</h1>
<p>It goes on by itself. You can close this page.</p>`,
  )
}
