# Numbers of users and groups, with and without an entry in /etc/passwd and /etc/group; homes and shells that are none.
. /opt/scenario/lib.sh
cat >>/etc/passwd <<'END'
bare:x:801:801::/:
false:x:802:802::/srv:/bin/false
zsh:x:803:803::/srv/../srv:/bin/zsh
END
for unit in group-number nobody nobody-number supplementary user-nobodys user-nobodys-full group-nobodys condition condition-user; do
    verb start $unit.service
    facts $unit.service
    trace
done
for unit in known user group; do
    verb start $unit.socket
    facts $unit.socket
done
stat -c '%u:%g' /run/known.sock
for unit in user-number bare false zsh; do
    verb start $unit.service
    dumped /tmp/$unit.json env:USER,LOGNAME,HOME,SHELL
done
