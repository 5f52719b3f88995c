-- Sends a fixed number of requests, each with the next line of a file: path, tab, token (may be empty).
-- Arguments: file, number of requests. wrk itself sleeps for its whole -d whatever happens, so FIRST and
-- LAST on standard output let the caller take the time and interrupt it.

local prepared = {}
local limit
local sent = 0

function init(args)
  limit = tonumber(args[2])
  for line in io.lines(args[1]) do
    local path, token = line:match('^([^\t]*)\t(.*)$')
    local headers = {}
    if token ~= '' then headers['Authorization'] = 'Bearer ' .. token end
    prepared[#prepared + 1] = wrk.format('GET', path, headers)
  end
end

local function say(word)
  io.write(word, '\n')
  io.flush()
end

function request()
  sent = sent + 1
  if sent == 1 then say('FIRST') end
  if sent == limit + 1 then
    say('LAST')
    wrk.thread:stop()
  end
  return prepared[(sent - 1) % #prepared + 1]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    'RESULT {"requests":%d,"p50Ms":%.3f,"p99Ms":%.3f,"failures":%d}\n',
    summary.requests,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
