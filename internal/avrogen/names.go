package avrogen

import (
	"encoding/json"
	"fmt"
	"go/token"
	"strings"

	"github.com/concord-go/concord/avro"
)

// initialisms are words that Go writes in capitals, those that golint knows.
var initialisms = func() map[string]bool {
	words := strings.Fields("ACL API ASCII CPU CSS DNS EOF GUID HTML HTTP HTTPS ID IP JSON LHS QPS RAM RHS RPC SLA SMTP SQL SSH TCP TLS TTL UDP UI UID URI URL UTF8 UUID VM XML XMPP XSRF XSS")
	set := make(map[string]bool, len(words))
	for _, w := range words {
		set[w] = true
	}
	return set
}()

// exportedName is the exported Go name for a name in Avro, which is made of ASCII
// letters, digits and underscores:
//
//   - A name without small letters is read as if all its letters were small.
//   - It is split into words at underscores, before a capital after a small letter or
//     a digit, and before the last capital of several where a small letter follows.
//   - Each word begins with a capital; one that golint knows as an initialism is in
//     capitals: user_id and userId are UserID, HTTPServer is itself, RED is Red.
//   - An underscore between two digits stays: v_1_2 is V1_2.
//   - What then begins with a digit, or is empty, has an X before it.
func exportedName(name string) string {
	if strings.ToUpper(name) == name {
		name = strings.ToLower(name)
	}
	var b strings.Builder
	for part := range strings.SplitSeq(name, "_") {
		if part == "" {
			continue
		}
		if b.Len() > 0 && isDigit(part[0]) && isDigit(b.String()[b.Len()-1]) {
			b.WriteByte('_')
		}
		for _, word := range words(part) {
			if upper := strings.ToUpper(word); initialisms[upper] {
				word = upper
			}
			b.WriteString(strings.ToUpper(word[:1]) + word[1:])
		}
	}
	if b.Len() == 0 || isDigit(b.String()[0]) {
		return "X" + b.String()
	}
	return b.String()
}

// words splits at changes of case.
func words(s string) []string {
	var all []string
	start := 0
	for i := 1; i < len(s); i++ {
		before, after := s[i-1], i+1 < len(s) && isLower(s[i+1])
		if isUpper(s[i]) && (!isUpper(before) || after) {
			all, start = append(all, s[start:i]), i
		}
	}
	return append(all, s[start:])
}

func isUpper(c byte) bool { return 'A' <= c && c <= 'Z' }
func isLower(c byte) bool { return 'a' <= c && c <= 'z' }
func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// nameAttribute renames a type or a field in Go; symbolsAttribute, on an enum, is an
// object from symbols to the Go names of their constants.
const (
	nameAttribute    = "go.name"
	symbolsAttribute = "go.symbols"
)

// chosenName is the name that the attribute gives, empty where there is none.
func chosenName(props []avro.Property) (string, error) {
	for _, p := range props {
		if p.Name != nameAttribute {
			continue
		}
		var name string
		if err := json.Unmarshal(p.Value, &name); err != nil {
			return "", fmt.Errorf("the attribute %q must be a string", nameAttribute)
		}
		return name, checkChosen(nameAttribute, name)
	}
	return "", nil
}

// chosenSymbols are the names that the attribute gives to an enum's constants.
func chosenSymbols(s *avro.Schema) (map[string]string, error) {
	for _, p := range s.Properties() {
		if p.Name != symbolsAttribute {
			continue
		}
		var names map[string]string
		if err := json.Unmarshal(p.Value, &names); err != nil {
			return nil, fmt.Errorf("the attribute %q must be an object of strings", symbolsAttribute)
		}
		for _, symbol := range s.Symbols() {
			if name, ok := names[symbol]; ok {
				if err := checkChosen(symbolsAttribute, name); err != nil {
					return nil, err
				}
			}
		}
		return names, nil
	}
	return nil, nil
}

// checkChosen refuses what is no exported name, and letters that look like others.
func checkChosen(attribute, name string) error {
	if !token.IsIdentifier(name) || !isUpper(name[0]) || strings.Trim(name, letters) != "" {
		return fmt.Errorf("the attribute %q has %s: it must begin with a capital and be of ASCII letters, digits and underscores", attribute, quoted(name))
	}
	return nil
}

const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"

// scope holds the names of one package or struct, and what has them.
type scope map[string]string

// claim gives the name to what is described; it is an error when something else has it.
func (s scope) claim(name, what, remedy string) error {
	if other, ok := s[name]; ok {
		return fmt.Errorf("%s and %s would both be %s in Go: %s", other, what, name, remedy)
	}
	s[name] = what
	return nil
}

// PackageName is the name of the package in a directory of this base name: its
// letters and digits, small.
func PackageName(dir string) (string, error) {
	name := strings.Map(func(r rune) rune {
		if r < 0x80 && (isLower(byte(r)) || isDigit(byte(r))) {
			return r
		}
		return -1
	}, strings.ToLower(dir))
	if !isPackageName(name) {
		return "", fmt.Errorf("the directory %s gives no package name: say which (-package)", quoted(dir))
	}
	return name, nil
}

func isPackageName(name string) bool {
	return token.IsIdentifier(name) && name != "_" && strings.Trim(name, letters) == ""
}

// fileName is the Go file for a source: small ASCII letters, digits and underscores,
// so that no file system takes two for one, and never hidden from the go command. It
// ends in _avro.go, which is neither a test nor for one system only.
func fileName(source string) string {
	base := source[strings.LastIndexAny(source, `/\`)+1:]
	base = strings.ToLower(base)
	for _, suffix := range []string{".avsc", ".json"} {
		base = strings.TrimSuffix(base, suffix)
	}
	base = strings.Trim(strings.Map(func(r rune) rune {
		if r < 0x80 && (isLower(byte(r)) || isDigit(byte(r))) {
			return r
		}
		return '_'
	}, base), "_")
	if base == "" {
		base = "schema"
	}
	return base + "_avro.go"
}
