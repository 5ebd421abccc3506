. /opt/scenario/lib.sh

verb start files.service quoting.service reset.service expansion.service words.service several.service
echo "== files"
dumped /tmp/files.json env:A,B,C,D,E,F,G,H,I,J,K,L,3M,N,O
echo "== a missing file"
verb start file-missing.service
facts file-missing.service
echo "== quoting"
dumped /tmp/quoting.json env:A,B,C,D,E,F,G,H,I,K,L,M,N,1BAD,P,Q
echo "== reset and unset"
dumped /tmp/reset.json env:A,B,C,D,E
echo "== expansion in command lines"
dumped /tmp/expansion.json args
echo "== words of command lines"
dumped /tmp/words.json args
echo "== several commands in a line"
trace
