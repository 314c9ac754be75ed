package cli

import (
	"fmt"
	"os"
	"strings"
)

// readProperties reads a file of lines "key=value"; empty lines and those that begin with #
// do not count. Its errors show no value: there may be passwords.
func readProperties(name string) (map[string]string, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	properties := make(map[string]string)
	number := 0
	for line := range strings.Lines(string(text)) {
		number++
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		key, value, ok := strings.Cut(line, "=")
		if key = strings.TrimSpace(key); !ok || key == "" {
			return nil, fmt.Errorf("%s: line %d is not key=value", name, number)
		}
		if _, twice := properties[key]; twice {
			return nil, fmt.Errorf("%s: line %d has a key that another line has, too", name, number)
		}
		properties[key] = strings.TrimSpace(value)
	}
	return properties, nil
}
