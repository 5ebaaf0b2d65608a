// Renders a Helm chart with the engine that Helm is made of: Go's text/template, the sprig functions, sigs.k8s.io/yaml and gojsonschema.
// Reads cases as JSON from standard input and writes what became of each. It reaches no cluster, so lookup finds nothing.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/xeipuuv/gojsonschema"
	"sigs.k8s.io/yaml"
)

// A case is one "helm template" call. Values are YAML texts, the later ones over the earlier.
type testCase struct {
	Name        string   `json:"name"`
	Values      []string `json:"values"`
	Release     string   `json:"release"`
	Namespace   string   `json:"namespace"`
	KubeVersion string   `json:"kubeVersion"`
	APIVersions []string `json:"apiVersions"`
	// Strict makes a path that is nowhere in the values an error; Helm would print nothing.
	Strict bool `json:"strict"`
}

type outcome struct {
	Files map[string]string `json:"files,omitempty"`
	Error string            `json:"error,omitempty"`
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: render CHART < cases.json")
		os.Exit(2)
	}
	var cases []testCase
	if err := json.NewDecoder(os.Stdin).Decode(&cases); err != nil {
		fmt.Fprintln(os.Stderr, "standard input is not a list of cases:", err)
		os.Exit(2)
	}
	chart, err := loadChart(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	outcomes := map[string]outcome{}
	for _, c := range cases {
		files, err := run(chart, c)
		if err != nil {
			outcomes[c.Name] = outcome{Error: err.Error()}
			continue
		}
		outcomes[c.Name] = outcome{Files: files}
	}
	if err := json.NewEncoder(os.Stdout).Encode(outcomes); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(chart *chart, c testCase) (map[string]string, error) {
	values := map[string]interface{}{}
	for _, text := range append([]string{string(chart.files["values.yaml"])}, c.Values...) {
		layer := map[string]interface{}{}
		if err := yaml.UnmarshalStrict([]byte(text), &layer); err != nil {
			return nil, fmt.Errorf("values: %w", err)
		}
		values = merge(values, layer)
	}
	if schema, ok := chart.files["values.schema.json"]; ok {
		if err := validate(schema, values); err != nil {
			return nil, err
		}
	}
	return chart.render(values, c)
}

// Helm's rule: maps are merged, all else is replaced, and null takes a key away.
func merge(under, over map[string]interface{}) map[string]interface{} {
	merged := map[string]interface{}{}
	for key, value := range under {
		merged[key] = value
	}
	for key, value := range over {
		below, isMap := merged[key].(map[string]interface{})
		above, alsoMap := value.(map[string]interface{})
		switch {
		case value == nil:
			delete(merged, key)
		case isMap && alsoMap:
			merged[key] = merge(below, above)
		default:
			merged[key] = value
		}
	}
	return merged
}

func validate(schema []byte, values map[string]interface{}) error {
	result, err := gojsonschema.Validate(gojsonschema.NewBytesLoader(schema), gojsonschema.NewGoLoader(values))
	if err != nil {
		return fmt.Errorf("values.schema.json: %w", err)
	}
	if result.Valid() {
		return nil
	}
	faults := []string{}
	for _, fault := range result.Errors() {
		faults = append(faults, fault.String())
	}
	return fmt.Errorf("values do not fit values.schema.json: %s", strings.Join(faults, "; "))
}

type chart struct {
	metadata map[string]interface{}
	files    map[string][]byte
}

func loadChart(folder string) (*chart, error) {
	loaded := &chart{files: map[string][]byte{}, metadata: map[string]interface{}{}}
	err := filepath.Walk(folder, func(path string, info os.FileInfo, err error) error {
		if err != nil || info.IsDir() {
			return err
		}
		relative, err := filepath.Rel(folder, path)
		if err != nil {
			return err
		}
		content, err := os.ReadFile(path)
		loaded.files[filepath.ToSlash(relative)] = content
		return err
	})
	if err != nil {
		return nil, err
	}
	fields := map[string]interface{}{}
	if err := yaml.UnmarshalStrict(loaded.files["Chart.yaml"], &fields); err != nil {
		return nil, fmt.Errorf("Chart.yaml: %w", err)
	}
	for key, value := range fields {
		loaded.metadata[strings.ToUpper(key[:1])+key[1:]] = value
	}
	return loaded, nil
}
