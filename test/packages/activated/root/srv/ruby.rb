require "socket"
require "sd_notify"

listener = TCPServer.for_fd(3)
SdNotify.ready
loop do
  connection = listener.accept
  connection.readpartial(4096)
  connection.write "HTTP/1.0 200 OK\r\n\r\nruby #{ENV["LISTEN_FDS"]}\n"
  connection.close
end
