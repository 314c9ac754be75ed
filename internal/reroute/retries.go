package reroute

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// RetryTopic is a topic in which records wait for a later attempt.
type RetryTopic struct {
	// Suffix is appended to the name of the source topic: ".retry-10m", say.
	Suffix string
	// Delay is how long a record waits in it.
	Delay time.Duration
}

// Retries are the retry topics of every source topic, in the order in which a record
// passes through them.
type Retries []RetryTopic

// Check refuses what would not work: no retry topics, suffixes that cannot be told apart,
// and names that no broker accepts, also those of the retry topics of the sources.
func (r Retries) Check(sources ...string) error {
	if len(r) == 0 {
		return errors.New("at least one retry topic is needed")
	}
	for i, t := range r {
		switch {
		case t.Suffix == "":
			return fmt.Errorf("retry topic %d has no suffix", i+1)
		case !validTopic("t" + t.Suffix):
			return fmt.Errorf("the suffix %.300q of a retry topic makes an invalid topic name: want letters, digits, dots, underscores or hyphens, %d at most with the source's", t.Suffix, maxTopic)
		case t.Delay < 0:
			return fmt.Errorf("the delay of the retry topic %q is negative", t.Suffix)
		}
		for _, other := range r[:i] {
			// The source of a retry topic could not be told from its name.
			if strings.HasSuffix(t.Suffix, other.Suffix) || strings.HasSuffix(other.Suffix, t.Suffix) {
				return fmt.Errorf("of the suffixes %q and %q of retry topics, one ends with the other", other.Suffix, t.Suffix)
			}
		}
	}
	for _, topic := range r.Topics(sources) {
		if !strings.HasPrefix(topic, "^") && !validTopic(topic) {
			return fmt.Errorf("the retry topic of a source has an invalid name, %.300q: want %d characters at most", topic, maxTopic)
		}
	}
	return nil
}

// Topics are the sources and their retry topics, each once. Regular expressions, which
// begin with "^", and retry topics that are among the sources themselves have none.
func (r Retries) Topics(sources []string) []string {
	if len(r) == 0 {
		return slices.Clone(sources)
	}
	all := make([]string, 0, len(sources)*(len(r)+1))
	seen := make(map[string]bool, cap(all))
	add := func(topic string) {
		if !seen[topic] {
			seen[topic] = true
			all = append(all, topic)
		}
	}
	for _, topic := range sources {
		add(topic)
	}
	for _, topic := range sources {
		if _, _, is := r.Source(topic); is || strings.HasPrefix(topic, "^") {
			continue
		}
		for _, t := range r {
			add(topic + t.Suffix)
		}
	}
	return all
}

// Source is the topic whose records come to a retry topic, and the retry topic's index in
// r. ok is false where topic is not a retry topic.
func (r Retries) Source(topic string) (source string, index int, ok bool) {
	for i := range r {
		if source, ok := strings.CutSuffix(topic, r[i].Suffix); ok && validTopic(source) {
			return source, i, true
		}
	}
	return "", 0, false
}
