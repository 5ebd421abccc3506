# The compiled fixtures and nothing else. What is named *-libsystemd links that library; all others are static and
# run FROM scratch too.
FROM usher-test:builder AS build
COPY *.c /src/
RUN mkdir /fixtures \
 && cd /src \
 && for file in *.c; do \
      case "$file" in *-libsystemd.c) link=-lsystemd ;; *) link=-static ;; esac; \
      gcc -std=gnu17 -O1 -Wall -Wextra -Werror "$file" -o "/fixtures/${file%.c}" $link || exit 1; \
    done

FROM scratch
COPY --from=build /fixtures/ /opt/fixtures/
