package main

import (
	"encoding/json"
	"fmt"
	"path"
	"sort"
	"strings"
	"text/template"

	"github.com/Masterminds/sprig"
	"sigs.k8s.io/yaml"
)

// What templates call .Files.
type files map[string][]byte

func (f files) Get(name string) string { return string(f[name]) }

func (f files) Glob(pattern string) files {
	found := files{}
	for name, content := range f {
		if ok, _ := path.Match(pattern, name); ok {
			found[name] = content
		}
	}
	return found
}

// What templates call .Capabilities.APIVersions.
type apiVersions []string

func (versions apiVersions) Has(version string) bool {
	for _, known := range versions {
		if known == version {
			return true
		}
	}
	return false
}

type kubeVersion struct{ Version, Major, Minor string }

func (v kubeVersion) String() string { return v.Version }

func (v kubeVersion) GitVersion() string { return v.Version }

func (c *chart) render(values map[string]interface{}, wanted testCase) (map[string]string, error) {
	name := c.metadata["Name"].(string)
	root := template.New(name)
	if wanted.Strict {
		root.Option("missingkey=error")
	} else {
		root.Option("missingkey=zero")
	}
	root.Funcs(functions(root))
	templates := []string{}
	for file, content := range c.files {
		if !strings.HasPrefix(file, "templates/") {
			continue
		}
		templates = append(templates, file)
		if _, err := root.New(name + "/" + file).Parse(string(content)); err != nil {
			return nil, err
		}
	}
	sort.Strings(templates)
	rendered := map[string]string{}
	for _, file := range templates {
		if strings.HasPrefix(path.Base(file), "_") {
			continue
		}
		var text strings.Builder
		if err := root.ExecuteTemplate(&text, name+"/"+file, c.scope(values, wanted, name+"/"+file)); err != nil {
			return nil, err
		}
		rendered[file] = strings.ReplaceAll(text.String(), "<no value>", "")
	}
	return rendered, nil
}

func (c *chart) scope(values map[string]interface{}, wanted testCase, file string) map[string]interface{} {
	others := files{}
	for name, content := range c.files {
		if !strings.HasPrefix(name, "templates/") {
			others[name] = content
		}
	}
	parts := strings.Split(strings.TrimPrefix(wanted.KubeVersion, "v"), ".")
	return map[string]interface{}{
		"Values":   values,
		"Chart":    c.metadata,
		"Files":    others,
		"Template": map[string]interface{}{"Name": file, "BasePath": c.metadata["Name"].(string) + "/templates"},
		"Release": map[string]interface{}{
			"Name": wanted.Release, "Namespace": wanted.Namespace, "Service": "Helm", "Revision": 1, "IsInstall": true, "IsUpgrade": false,
		},
		"Capabilities": map[string]interface{}{
			"KubeVersion": kubeVersion{wanted.KubeVersion, parts[0], parts[1]},
			"APIVersions": apiVersions(wanted.APIVersions),
		},
	}
}

func functions(root *template.Template) template.FuncMap {
	all := sprig.TxtFuncMap()
	// Not in Helm either: a chart must not read its renderer's environment.
	delete(all, "env")
	delete(all, "expandenv")
	all["include"] = func(name string, data interface{}) (string, error) {
		var text strings.Builder
		err := root.ExecuteTemplate(&text, name, data)
		return text.String(), err
	}
	all["tpl"] = func(text string, data interface{}) (string, error) {
		clone, err := root.Clone()
		if err != nil {
			return "", err
		}
		parsed, err := clone.New("tpl").Parse(text)
		if err != nil {
			return "", err
		}
		var rendered strings.Builder
		err = parsed.Execute(&rendered, data)
		return rendered.String(), err
	}
	all["required"] = func(message string, value interface{}) (interface{}, error) {
		if value == nil || value == "" {
			return nil, fmt.Errorf("%s", message)
		}
		return value, nil
	}
	all["fail"] = func(message string) (string, error) { return "", fmt.Errorf("%s", message) }
	all["lookup"] = func(string, string, string, string) map[string]interface{} { return map[string]interface{}{} }
	all["toYaml"] = func(value interface{}) (string, error) {
		text, err := yaml.Marshal(value)
		return strings.TrimSuffix(string(text), "\n"), err
	}
	all["fromYaml"] = func(text string) (map[string]interface{}, error) {
		value := map[string]interface{}{}
		err := yaml.Unmarshal([]byte(text), &value)
		return value, err
	}
	all["toJson"] = func(value interface{}) (string, error) {
		text, err := json.Marshal(value)
		return string(text), err
	}
	all["fromJson"] = func(text string) (map[string]interface{}, error) {
		value := map[string]interface{}{}
		err := json.Unmarshal([]byte(text), &value)
		return value, err
	}
	return all
}
