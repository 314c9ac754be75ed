package integration

import (
	"context"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// soakProgram is the trials of internal/soak: their consumers are processes of their own that are killed.
var soakProgram = sync.OnceValues(func() (string, error) {
	dir, err := folder()
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "soak")
	return path, exec.Command("go", "build", "-o", path, "../soak").Run()
})

func soak(t *testing.T, bootstrap string, trials ...string) {
	t.Helper()
	program, err := soakProgram()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, append([]string{"-short", "-bootstrap", bootstrap}, trials...)...)
	cmd.SysProcAttr = children()
	cmd.Stdout, cmd.Stderr = t.Output(), t.Output()
	if err := cmd.Run(); err != nil {
		t.Errorf("%v: %v", trials, err)
	}
}

// What the runtime promises on the embedded broker it keeps on Kafka.
func TestThePromisesHoldOnKafka(t *testing.T) {
	bootstrap := kafkaNode(t)
	for _, trial := range []string{"handle", "transform", "registry", "poison", "deadletters", "slow"} {
		t.Run(trial, func(t *testing.T) { soak(t, bootstrap, trial) })
	}
}
