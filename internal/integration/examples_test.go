//go:build cgo

package integration

import (
	"bytes"
	"context"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"

	"github.com/concord-go/concord/registry/registrytest"
)

// The examples run on servers of others, and say nothing but what they have to say.
func TestExamplesRunOnKafka(t *testing.T) {
	bootstrap := kafkaNode(t)
	names := []string{"quickstart", "dynamic", "generated", "events", "protobuf", "migration"}
	bin := t.TempDir() + string(filepath.Separator)
	build := exec.CommandContext(t.Context(), "go", "build", "-o", bin)
	for _, name := range names {
		build.Args = append(build.Args, "../../examples/"+name)
	}
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, name := range names {
		for where, registry := range map[string]string{"the embedded registry": registrytest.New(t).URL(), "Apicurio": apicurioURL(t)} {
			dropTopics(t, bootstrap, "accounts", "dynamic-user-events", "orders", "user-events", "user-events.v2", "user-events.conversion.dead")
			t.Run(name+" with "+where, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
				defer cancel()
				cmd := exec.CommandContext(ctx, bin+name, "-bootstrap", bootstrap, "-registry", registry)
				cmd.SysProcAttr = children()
				var out, noise bytes.Buffer
				cmd.Stdout, cmd.Stderr = &out, &noise
				if err := cmd.Run(); err != nil {
					t.Fatalf("%v\n%s%s", err, out.String(), noise.String())
				}
				if strings.TrimSpace(noise.String()) != "" || out.Len() == 0 {
					t.Errorf("it writes %d bytes, and to standard error:\n%s", out.Len(), noise.String())
				}
			})
		}
	}
}

// dropTopics drops those of the topics that are there: what is in them has the ids of another registry.
func dropTopics(t *testing.T, bootstrap string, names ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	results, err := newAdmin(t, bootstrap).DeleteTopics(ctx, names)
	for _, r := range results {
		if err == nil && r.Error.Code() != kafka.ErrNoError && r.Error.Code() != kafka.ErrUnknownTopicOrPart {
			err = r.Error
		}
	}
	if err != nil {
		t.Fatal(err)
	}
}
