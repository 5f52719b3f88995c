// A small page with FusionAuth's React SDK, as its documentation shows it. Bundled by the test.

import { FusionAuthProvider, useFusionAuth } from '@fusionauth/react-sdk'
import { createElement as h, useState } from 'react'
import { createRoot } from 'react-dom/client'

/* global CLIENT_ID, location, document */

function App() {
  const { isLoggedIn, startLogin, startLogout, refreshToken, userInfo, error } = useFusionAuth()
  const [said, say] = useState('')
  if (!isLoggedIn)
    return h('button', { type: 'button', onClick: () => startLogin('from-the-page') }, 'Log in')
  const call = async () => say(`api ${(await fetch('/people/api')).status}`)
  const refresh = async () => {
    const answers = await Promise.allSettled([refreshToken(), refreshToken()])
    say(`refresh ${answers.map(({ status }) => status).join(' ')}`)
  }
  return h(
    'main',
    null,
    h('p', null, `user ${userInfo?.sub ?? error?.message ?? ''}`),
    h('button', { type: 'button', onClick: call }, 'Call'),
    h('button', { type: 'button', onClick: refresh }, 'Refresh'),
    h('button', { type: 'button', onClick: () => startLogout() }, 'Log out'),
    h('output', null, said),
  )
}

createRoot(document.getElementById('app')).render(
  h(
    FusionAuthProvider,
    {
      clientId: CLIENT_ID,
      serverUrl: location.origin,
      redirectUri: `${location.origin}/people`,
      shouldAutoFetchUserInfo: true,
      shouldAutoRefresh: true,
    },
    h(App),
  ),
)
