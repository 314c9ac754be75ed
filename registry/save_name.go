package registry

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// snapshotName is the file of a subject, the same whatever else is saved: the
// subject itself where every file system takes it and tells it from others, else
// as much of it as they take, and a hash.
func snapshotName(subject Subject) string {
	const longest = 100
	plain := strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', r == '-', r == '_', r == '.':
			return r
		}
		return '_'
	}, string(subject))
	plain = strings.TrimLeft(plain[:min(len(plain), longest)], ".")
	if plain == strings.ToLower(string(subject)) && !reservedName(plain) {
		return plain + ".json"
	}
	sum := sha256.Sum256([]byte(subject))
	return plain + "~" + hex.EncodeToString(sum[:6]) + ".json"
}

// reservedName reports whether Windows takes a name for a device, whatever its
// extension.
func reservedName(name string) bool {
	stem, _, _ := strings.Cut(name, ".")
	switch stem {
	case "", "con", "prn", "aux", "nul":
		return true
	}
	return len(stem) == 4 && (stem[:3] == "com" || stem[:3] == "lpt") && '0' <= stem[3] && stem[3] <= '9'
}
