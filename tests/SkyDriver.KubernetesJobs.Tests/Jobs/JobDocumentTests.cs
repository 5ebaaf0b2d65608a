using System.Text.Json;
using System.Text.Json.Nodes;
using k8s;
using k8s.Models;
using SkyDriver.Components.Launchers;
using SkyDriver.KubernetesJobs.Jobs;
using SkyDriver.KubernetesJobs.Settings;
using SkyDriver.KubernetesJobs.Tests.Double;

namespace SkyDriver.KubernetesJobs.Tests.Jobs;

public sealed class JobDocumentTests
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>What people read, and what a running service has in its clusters: a change of it is a decision.</summary>
    [Fact]
    public void Create_ScanWithThreeWorkers_IsTheCheckedInDocument()
    {
        LauncherSettings settings = Settings(
            ("image", "ghcr.io/icecube/skydriver-worker:v1"), ("command", """["dotnet", "skydriver-worker.dll"]"""), ("envFrom", """["skydriver-worker"]"""),
            ("secretEnv", """{"SKYDRIVER_TOKEN": "skydriver-api/token"}"""), ("annotations", """{"dapr.io/enabled": "true", "dapr.io/app-id": "skydriver-worker"}"""),
            ("tolerations", """[{"key": "batch", "operator": "Exists", "effect": "NoSchedule"}]"""), ("nodeSelector", """{"kubernetes.io/arch": "amd64"}"""),
            ("priorityClasses", """{"0": "scans", "100": "urgent"}"""), ("imagePullSecrets", """["registry"]"""), ("serviceAccount", "worker"), ("runAsUser", "1000"));
        DeployRequest request = new("b1946ac9", 3, "start-1", new() { ["SKYDRIVER_SCAN"] = "b1946ac9", ["SKYDRIVER_TOPIC"] = "pixels.b1946ac9" }, "sub-2", new(2, 8L << 30, 1L << 30, "v3.5", 14400, 100));
        string actual = Json(Create(request, settings)).ToJsonString(Indented) + "\n";
        string file = Path.Combine(TestPaths.Repository, "tests", "SkyDriver.KubernetesJobs.Tests", "golden", "job-with-3-workers.json");
        string expected = File.Exists(file) ? File.ReadAllText(file) : "";
        if (actual == expected) return;
        string proposal = Path.Combine(AppContext.BaseDirectory, "job-with-3-workers.json");
        File.WriteAllText(proposal, actual);
        Assert.Fail($"The document differs from {file}. If that is meant, copy {proposal} over it.");
    }

    [Fact]
    public void Create_HostileTexts_AreAlwaysADocumentThatKubernetesTakes()
    {
        LauncherSettings settings = Settings(("image", "r.example.org/w:1"));
        Assert.All(HostileTexts.Pairs().Take(500), pair =>
        {
            JsonObject job = Json(Create(new(pair.A, 3, pair.B, new() { ["TEXT"] = pair.B }, pair.A, null), settings));
            Assert.Empty(Schema.Faults("Job", job).Concat(Schema.Faults("Job", job).Count > 0 ? [] : JobRules.Faults(job)));
            Assert.Equal((pair.A, pair.B), (job["metadata"]!["annotations"]![Marks.ScanId]!.GetValue<string>(), job["metadata"]!["annotations"]![Marks.Key]!.GetValue<string>()));
            JsonNode variable = job["spec"]!["template"]!["spec"]!["containers"]![0]!["env"]!.AsArray().Single(v => v!["name"]!.GetValue<string>() == "TEXT")!;
            Assert.Equal(pair.B, Expanded(variable["value"]!.GetValue<string>()));
        });
    }

    [Fact]
    public void Create_WithTemplate_KeepsItAndWritesOver()
    {
        LauncherSettings settings = Settings(("image", "r.example.org/w:1"), ("labels", """{"team": "icecube"}"""), ("template", """
            metadata:
              labels: { app: skymap, team: old }
              annotations: { note: kept }
            spec:
              priorityClassName: background
              tolerations: [{ key: gpu, operator: Exists }]
              containers:
                - name: helper
                  image: helper:1
                - name: worker
                  image: ignored:1
                  env: [{ name: FROM_TEMPLATE, value: "$(JOB_COMPLETION_INDEX)" }, { name: GIVEN, value: template }]
                  volumeMounts: [{ name: cvmfs, mountPath: /cvmfs, readOnly: true }]
              volumes:
                - name: cvmfs
                  persistentVolumeClaim: { claimName: cvmfs, readOnly: true }
            """), ("tolerations", """[{"key": "batch", "operator": "Exists"}]"""));
        JsonObject job = Json(Create(new("s", 1, "k", new() { ["GIVEN"] = "request" }, null, null), settings));
        Assert.Empty(Schema.Faults("Job", job));
        Assert.Empty(JobRules.Faults(job));
        Assert.Empty(JobRules.RestrictedFaults(job["spec"]!["template"]!["spec"]!.AsObject()));
        JsonNode pod = job["spec"]!["template"]!, spec = pod["spec"]!, worker = spec["containers"]![1]!;
        Assert.Equal(("skymap", "icecube", "kept"), (pod["metadata"]!["labels"]!["app"]!.GetValue<string>(), pod["metadata"]!["labels"]!["team"]!.GetValue<string>(), pod["metadata"]!["annotations"]!["note"]!.GetValue<string>()));
        Assert.Equal(("background", 2, "r.example.org/w:1"), (spec["priorityClassName"]!.GetValue<string>(), spec["tolerations"]!.AsArray().Count, worker["image"]!.GetValue<string>()));
        Assert.Equal("JOB_COMPLETION_INDEX SKYDRIVER_WORKER_ID GIVEN FROM_TEMPLATE", string.Join(' ', worker["env"]!.AsArray().Select(v => v!["name"])));
        Assert.Equal("request", worker["env"]![2]!["value"]!.GetValue<string>());
        Assert.Equal("/cvmfs /tmp", string.Join(' ', worker["volumeMounts"]!.AsArray().Select(m => m!["mountPath"])));
        // The next deployment starts from the same template.
        Assert.Equal(2, Json(Create(new("t", 1, "k", null, null, null), settings))["spec"]!["template"]!["spec"]!["tolerations"]!.AsArray().Count);
    }

    [Theory]
    [InlineData(null, "low")]
    [InlineData(-5, null)]
    [InlineData(0, "low")]
    [InlineData(99, "low")]
    [InlineData(100, "high")]
    public void Create_Priority_ChoosesTheClass(int? priority, string? expected)
    {
        LauncherSettings settings = Settings(("image", "w:1"), ("priorityClasses", """{"100": "high", "0": "low"}"""));
        Assert.Equal(expected, Create(new("s", 1, "k", null, null, new(null, null, null, null, null, priority)), settings).Spec!.Template.Spec!.PriorityClassName);
    }

    [Theory]
    [InlineData("r.example.org:5000/t/w:1@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", null, "v2", "r.example.org:5000/t/w:v2")]
    [InlineData("r.example.org/t/w:1", null, "r.example.org/t/w:v2", "r.example.org/t/w:v2")]
    [InlineData("r.example.org/t/w:1", null, "r.example.org/t/w-evil:v2", null)]
    [InlineData("r.example.org/t/w:1", null, "other.example.org/t/w:v2", null)]
    [InlineData("r.example.org/t/w:1", """["other.example.org/t/"]""", "other.example.org/t/x:v2", "other.example.org/t/x:v2")]
    [InlineData("r.example.org/t/w:1", """["other.example.org/t/"]""", "v2", null)]
    [InlineData("r.example.org/t/w:1", """["r.example.org/t/w"]""", "v2 --x", null)]
    public void Image_OfADeployment_IsOneOfThoseAllowed(string configured, string? allowed, string wanted, string? expected) =>
        Assert.Equal(expected, Images.Resolve(wanted, Settings(("image", configured), ("allowedImages", allowed ?? "")).Pod));

    internal static LauncherSettings Settings(params (string Name, string Value)[] metadata) => SettingsReader.Read("workers-kubernetes", metadata.Select(m => KeyValuePair.Create(m.Name, m.Value)));

    private static V1Job Create(DeployRequest request, LauncherSettings settings) => JobDocument.Create(
        Names.Job(settings.Instance, request.Place ?? "", request.ScanId, request.IdempotencyKey), request.Count, request, Images.Resolve(request.Resources?.Image, settings.Pod)!, settings);

    private static JsonObject Json(V1Job job) => JsonNode.Parse(KubernetesJson.Serialize(job))!.AsObject();

    /// <summary>As a kubelet expands a value where no variable of any name is known: "$$" is one "$", and what is no "$(NAME)" stays.</summary>
    private static string Expanded(string value)
    {
        Assert.DoesNotMatch(@"(?<!\$)(\$\$)*\$\(", value);
        return value.Replace("$$", "$", StringComparison.Ordinal);
    }
}
