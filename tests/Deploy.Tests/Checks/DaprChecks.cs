using SkyDriver.Contracts;
using SkyDriver.Deploy.Tests.Harness;
using YamlDotNet.RepresentationModel;

namespace SkyDriver.Deploy.Tests.Checks;

/// <summary>Names, ports, probes, scopes and components as the programs have them.</summary>
internal static class DaprChecks
{
    private const string Sockets = "/tmp/dapr-components-sockets";

    /// <summary>Annotations that Dapr reads; one with a slip in its name would silently do nothing.</summary>
    private static readonly string[] Annotations =
    [
        "api-token-secret", "app-id", "app-port", "app-protocol", "app-token-secret", "config", "disable-builtin-k8s-secret-store", "enable-metrics", "enable-native-sidecar", "enabled", "graceful-shutdown-seconds",
        "log-as-json", "log-level", "metrics-port", "sidecar-cpu-request", "sidecar-memory-limit", "sidecar-memory-request", "sidecar-seccomp-profile-type", "volume-mounts-rw",
    ];

    private static readonly string[] Services = [AppIds.Api, AppIds.Orchestrator, AppIds.Scanner];

    /// <summary>Ports of the run on one machine, which are the programs' in a cluster as well.</summary>
    public static IReadOnlyDictionary<string, string> Ports { get; } = Yaml.Documents(File.ReadAllText(Path.Combine(TestPaths.Repository, "dapr.yaml")))[0].List("apps")
        .Where(a => a.Text("appPort") is not null).ToDictionary(a => a.Text("appID")!, a => a.Text("appPort")!);

    public static IEnumerable<string> Sidecars(Manifests site)
    {
        string[] ids = [.. site.Of("Deployment").Select(d => d.At("spec.template.metadata.annotations").Key("dapr.io/app-id")?.ToString() ?? "")];
        foreach (string missing in Services.Except(ids)) yield return $"no Deployment is {missing}";
        foreach (YamlMappingNode deployment in site.Of("Deployment").Where(d => d.At("spec.template.metadata.annotations").Key("dapr.io/enabled") is not null))
        {
            YamlNode pod = deployment.At("spec.template")!;
            var notes = pod.Texts("metadata.annotations");
            string id = notes.GetValueOrDefault("dapr.io/app-id", "");
            if (!Ports.TryGetValue(id, out string? port)) yield return $"{Manifests.Name(deployment)} is app '{id}', which nobody knows";
            YamlNode app = pod.List("spec.containers").Single();
            YamlNode? settings = site.Find("ConfigMap", app.List("envFrom").FirstOrDefault()?.Text("configMapRef.name"));
            string[] said = [notes.GetValueOrDefault("dapr.io/app-port", ""), settings.Text("data.APP_PORT") ?? "", app.List("ports").Single(p => p.Text("name") == "http").Text("containerPort")!];
            if (said.Any(p => p != port)) yield return $"{id} listens on {port}, not on {string.Join(", ", said.Distinct())}";
            if (site.Find("Service", id) is { } service && service.List("spec.ports").Any(p => p.Text("port") != port)) yield return $"Service/{id} has another port than {port}";
            foreach (string unknown in notes.Keys.Where(k => k.StartsWith("dapr.io/", StringComparison.Ordinal) && !Annotations.Contains(k["dapr.io/".Length..]))) yield return $"{unknown} is no annotation of Dapr";
            if (site.Find("Configuration", notes.GetValueOrDefault("dapr.io/config")) is null) yield return $"{id} has a Configuration that is not there";
            foreach (string fault in Launchers(site, id, pod, notes)) yield return fault;
            foreach (string fault in Tokens(id, app, notes)) yield return fault;
        }
    }

    /// <summary>A token that only one of program and sidecar has shuts the other out. Dapr reads the entry "token" of the secret.</summary>
    private static IEnumerable<string> Tokens(string id, YamlNode app, IReadOnlyDictionary<string, string> notes)
    {
        foreach ((string annotation, string variable) in ((string, string)[])[("dapr.io/api-token-secret", "DAPR_API_TOKEN"), ("dapr.io/app-token-secret", "APP_API_TOKEN")])
        {
            YamlNode? secret = app.List("env").FirstOrDefault(e => e.Text("name") == variable)?.At("valueFrom.secretKeyRef");
            string program = secret is null ? "nothing" : $"{secret.Text("name")}/{secret.Text("key")}", sidecar = notes.TryGetValue(annotation, out string? name) ? $"{name}/token" : "nothing";
            if (program != sidecar) yield return $"{id}: {variable} is {program} for the program and {sidecar} for its sidecar";
        }
    }

    /// <summary>Each launcher beside the orchestrator shares the folder where the sidecar looks, and its component has the type of its socket.</summary>
    private static IEnumerable<string> Launchers(Manifests site, string id, YamlNode pod, IReadOnlyDictionary<string, string> notes)
    {
        YamlNode[] launchers = [.. pod.List("spec.initContainers")];
        if (id != AppIds.Orchestrator) yield break;
        string[] sockets = [.. launchers.Select(l => l.List("startupProbe.exec.command").Last().ToString())];
        string[] types = [.. site.Of("Component").Select(c => c.Text("spec.type")!).Where(t => t.StartsWith("bindings.", StringComparison.Ordinal))];
        if (!types.Select(t => $"{Sockets}/{t["bindings.".Length..]}.sock").Order().SequenceEqual(sockets.Order())) yield return $"components {string.Join(", ", types)} have sockets {string.Join(", ", sockets)}";
        foreach (YamlNode launcher in launchers)
        {
            if (launcher.Text("restartPolicy") != "Always") yield return $"{launcher.Text("name")} would have to end before the program starts";
            string? volume = launcher.List("volumeMounts").FirstOrDefault(m => m.Text("mountPath") == Sockets)?.Text("name");
            if (notes.GetValueOrDefault("dapr.io/volume-mounts-rw") != $"{volume}:{Sockets}") yield return $"the sidecar does not see the socket of {launcher.Text("name")}";
        }
    }

    public static IEnumerable<string> Components(Manifests site)
    {
        foreach (string name in (string[])[Contracts.Components.PubSub, Contracts.Components.StateStore])
        {
            if (site.Find("Component", name) is null) yield return $"component '{name}' is missing";
        }

        foreach (YamlMappingNode component in site.Of("Component"))
        {
            foreach (string fault in Judge(component)) yield return fault;
        }

        foreach (YamlMappingNode policy in site.Of("Resiliency"))
        {
            foreach (string target in ((YamlMappingNode)policy.At("spec.targets.components")!).Children.Keys.Select(k => k.ToString()).Where(t => site.Find("Component", t) is null)) yield return $"Resiliency has '{target}', which is no component";
            foreach (string target in ((YamlMappingNode)policy.At("spec.targets.apps")!).Children.Keys.Select(k => k.ToString()).Except(Services)) yield return $"Resiliency has '{target}', which is no app";
        }

        foreach (string app in site.Of("Configuration").SelectMany(c => c.List("spec.accessControl.policies")).Select(p => p.Text("appId")!).Except(Services)) yield return $"'{app}' may call, which is no app";
        foreach (YamlNode twin in site.Of("ConfigMap").Where(m => m.Text("metadata.name") == "skydriver-components"))
        {
            foreach ((string file, string text) in twin.Texts("data"))
            {
                YamlNode? own = site.Find("Component", Path.GetFileNameWithoutExtension(file));
                YamlNode said = Yaml.Documents(text)[0];
                if (own is null || !own.At("spec")!.Equals(said.At("spec")) || !own.At("scopes")!.Equals(said.At("scopes"))) yield return $"{file} says something else than its component";
            }
        }
    }

    /// <summary>One component by itself.</summary>
    public static IEnumerable<string> Judge(YamlMappingNode component)
    {
        string name = component.Text("metadata.name")!, type = component.Text("spec.type")!;
        string[] scopes = [.. component.List("scopes").Select(s => s.ToString())];
        string[] allowed = name switch
        {
            Contracts.Components.PubSub => [.. Services, AppIds.Worker],
            Contracts.Components.StateStore => Services,
            _ when name == Contracts.Components.Workers(name["workers-".Length..]) => [AppIds.Orchestrator],
            _ => [],
        };
        if (scopes.Length == 0) yield return $"'{name}' has no scopes: every app would have it";
        foreach (string scope in scopes.Except(allowed)) yield return $"'{name}' is given to '{scope}'";
        if (name != Contracts.Components.PubSub && !allowed.SequenceEqual(scopes)) yield return $"'{name}' is not given to {string.Join(", ", allowed.Except(scopes))}";
        if (name == Contracts.Components.PubSub && !(Services.All(scopes.Contains) || scopes is [AppIds.Worker])) yield return $"'{name}' is not given to all services";
        foreach (string twice in component.List("spec.metadata").GroupBy(m => m.Text("name")!).Where(g => g.Count() > 1).Select(g => g.Key)) yield return $"'{name}' has {twice} twice";
        var metadata = component.List("spec.metadata").DistinctBy(m => m.Text("name")).ToDictionary(m => m.Text("name")!, m => m.Text("value"));
        foreach (string fault in ComponentTypes.Judge(type, component.Text("spec.version")!, metadata)) yield return $"'{name}': {fault}";
        if (component.Text("spec.initTimeout") is null) yield return $"'{name}' has no initTimeout; Dapr's own is short";
    }
}
