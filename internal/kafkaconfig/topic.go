package kafkaconfig

import "errors"

var errTopic = errors.New("not a topic name: want 1 to 249 letters, digits, dots, underscores or hyphens")

// ValidTopic refuses names that no broker accepts.
func ValidTopic(topic string) error {
	if topic == "" || len(topic) > 249 || topic == "." || topic == ".." {
		return errTopic
	}
	for i := range len(topic) {
		c := topic[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '.' || c == '_' || c == '-' {
			continue
		}
		return errTopic
	}
	return nil
}
