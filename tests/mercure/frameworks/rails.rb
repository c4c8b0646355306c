# SPDX-License-Identifier: MIT
# A controller of Rails, from Debian's ruby-actionpack, with the page's module (the first
# argument) and what it has for a controller (the second).  Prints the answer's cookie.

require "action_controller"
require ARGV[0]

class Books < ActionController::Base
  class_eval <<~RUBY
    def sell
      user = Struct.new(:id).new(7)
      Mercure.publish("https://example.com/books/1", { sold: true })
      #{File.read(ARGV[1])}
      render plain: "sold"
    end
  RUBY
end

request = Rack::MockRequest.env_for("http://example.com/books/1/sell")
status, headers, = ActionDispatch::Cookies.new(Books.action(:sell)).call(request)
abort "answered #{status}" unless status == 200
puts headers["Set-Cookie"] || headers["set-cookie"]
