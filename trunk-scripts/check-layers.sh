#!/bin/sh
# Each file of src/ includes only its own layer and those below it: core < kernel < protocol < app < main.
# Ends with "layers: N passed, N failed, 0 skipped"; a file is one check.
set -eu

passed=0
failed=0
below=
for layer in core kernel protocol app main; do
    below="$below $layer"
    for file in $(find "src/$layer" -name '*.[ch]' 2>/dev/null | sort); do
        bad=$(sed -n 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*"\([^"]*\)".*/\1/p' "$file" | while read -r header; do
            case $header in
            build_info.h)
                # the server knows how it was built; its parts do not
                case $layer in app | main) continue ;; esac
                ;;
            */*)
                for known in $below; do
                    [ "$known" != "${header%%/*}" ] || continue 2
                done
                ;;
            esac
            printf ' "%s"' "$header"
        done)
        # what knows of no socket must not get one from the system either
        case $layer in
        core | kernel)
            bad="$bad$(sed -n 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*<\(st\.h\|sys\/socket\.h\|netinet\/.*\|sys\/epoll\.h\)>.*/ <\1>/p' "$file" | tr -d '\n')"
            ;;
        esac
        if [ -n "$bad" ]; then
            echo "$file: layer $layer may not include$bad"
            failed=$((failed + 1))
        else
            passed=$((passed + 1))
        fi
    done
done
[ $((passed + failed)) -gt 0 ] || failed=1
echo "layers: $passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
