#!/bin/sh
# install.sh TARGET... puts what the integration tests start into the user's cache, from Maven Central, PyPI and npm,
# and prints a folder for each target: kafka, apicurio, python, javascript, avrojava. What is there already stays.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/concord-integration
maven() { mvn -q -B -f "$here/$1/pom.xml" "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:$2" "$3" "$4" "$5" >&2; }
venv() { python3 -m venv "$1" && "$1/bin/pip" install --quiet --disable-pip-version-check -r "$here/$2/requirements.txt" >&2; }

install() { # TARGET DIR
	case $1 in
	kafka | avrojava) maven "$1" copy-dependencies -DincludeScope=runtime "-DoutputDirectory=$2/lib" -Dmdep.silent=true ;;
	apicurio)
		maven apicurio unpack -Dartifact=io.apicurio:apicurio-registry-app:3.3.3:tar.gz:all "-DoutputDirectory=$2/app" -Dmdep.silent=true
		venv "$2/jdk" apicurio
		;;
	python) venv "$2" python ;;
	javascript)
		cp "$here/javascript/package.json" "$here/javascript/package-lock.json" "$2/"
		(cd "$2" && npm ci --silent --no-audit --no-fund >&2)
		;;
	*)
		echo "install.sh: there is no target $1" >&2
		exit 2
		;;
	esac
}

for target in "$@"; do
	version=$(cat "$here/install.sh" "$here/$target"/pom.xml "$here/$target"/requirements.txt "$here/$target"/package-lock.json 2>/dev/null | cksum | cut -d' ' -f1)
	dir=$cache/$target-$version
	if [ ! -f "$dir/complete" ]; then
		rm -rf "$dir"
		mkdir -p "$dir"
		install "$target" "$dir"
		: >"$dir/complete"
	fi
	echo "$dir"
done
