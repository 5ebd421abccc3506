. /opt/scenario/lib.sh

shown() {
    for path; do
        if [ -L "$path" ]; then
            echo "$path -> $(readlink "$path")"
        else
            stat -c '%n %F' "$path" 2>/dev/null || echo "$path is not there"
        fi
    done
}

echo "some text" >/run/file
echo "some text" >/run/file-b
ln -s /etc/hostname /run/wrong
ln -s /etc/hostname /run/wrong-b
ln -s /run/links.sock /run/right
ln -s /nowhere /run/dangling
mkdir /run/directory /run/directory-b

verb start links.socket removes.socket
facts links.socket removes.socket
shown /run/there/a /run/file /run/wrong /run/right /run/directory /run/dangling
cat /run/file
shown /run/there/b /run/file-b /run/wrong-b /run/directory-b
echo x >/run/there/b &
await is removes.service active/running
verb stop links.socket removes.socket
shown /run/links.sock /run/there/a /run/file /run/wrong /run/right
shown /run/links.fifo /run/there/b /run/file-b /run/wrong-b /run/directory-b
