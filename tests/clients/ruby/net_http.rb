# SPDX-License-Identifier: MIT
# Net::HTTP, and the few lines that it takes to read a stream.
require 'json'
require 'net/http'

$stdout.sync = true
uri = URI(ARGV[0])
last_id = ''
pause = 1.0

loop do
  request = Net::HTTP::Get.new(uri, 'Accept' => 'text/event-stream')
  request['Last-Event-ID'] = last_id unless last_id.empty?
  Net::HTTP.start(uri.host, uri.port, read_timeout: 45, max_retries: 0) do |http|
    http.request(request) do |response|
      raise "status #{response.code}" unless response.code == '200'
      buffer = String.new(encoding: 'UTF-8')
      event = {}
      response.read_body do |piece|
        buffer << piece.force_encoding('UTF-8')
        while (line = buffer.slice!(/\A[^\n]*\n/))
          field, value = line.chomp.split(/: ?/, 2)
          case field
          when nil, ''
            if line == "\n" && event['data']
              last_id = event['id'] || last_id
              puts JSON.generate(type: event['event'] || 'message', data: event['data'], id: last_id)
            end
            event = {} if line == "\n"
          when 'data' then event['data'] = [event['data'], value].compact.join("\n")
          when 'retry' then pause = value.to_i / 1000.0
          else event[field] = value
          end
        end
      end
    end
  end
  raise 'ended'
rescue StandardError => e
  puts JSON.generate(error: e.message)
  sleep pause
end
