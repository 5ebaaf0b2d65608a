using SkyDriver.KubernetesJobs.Settings;

namespace SkyDriver.KubernetesJobs.Tests.Jobs;

public sealed class SettingsTests
{
    [Fact]
    public void Read_OnlyAnImage_HasSafeDefaults()
    {
        LauncherSettings settings = JobDocumentTests.Settings(("image", "r.example.org/w:1"), ("direction", "output"));
        Assert.Equal(("workers-kubernetes", 1000, 0, true, false), (settings.Instance, settings.MaxWorkers, settings.Retries, settings.ReplacesDisrupted, settings.Pod.HasWritableRoot));
        Assert.Equal(new PlaceSettings("", null, null, null), Assert.Single(settings.Places));
        Assert.Equal((TimeSpan.FromHours(1), TimeSpan.FromDays(7), null), (settings.KeepFinished, settings.MaxLifetime, settings.Pod.MaxRunTime));
    }

    [Fact]
    public void Read_EveryKeyWrong_SaysAllAtOnce()
    {
        (string Name, string Value)[] wrong =
        [
            ("instance", "Not A Name"), ("namespace", "a.b"), ("maxWorkers", "many"), ("retries", "-1"), ("replaceDisrupted", "maybe"), ("keepFinished", "1h"), ("maxLifetime", "1s"),
            ("admissionWait", "NaNs"), ("requestTimeout", "0s"), ("staleAfter", "x"), ("cpus", "0"), ("memory", "8 Gi"), ("disk", "-1"), ("maxRunTime", "1"), ("stopTimeout", "0s"),
            ("image", "no image"), ("command", "sleep 5"), ("labels", """{"a b": "c"}"""), ("annotations", """{"jobs.skydriver/scan-id": "forged"}"""), ("nodeSelector", """{"k": "not a value"}"""),
            ("tolerations", """[{"key": "a", "effekt": "NoSchedule"}]"""), ("imagePullSecrets", """["../x"]"""), ("envFrom", """[null]"""), ("secretEnv", """{"A": "no-slash"}"""),
            ("serviceAccount", "UPPER"), ("priorityClasses", """{"high": "x"}"""), ("runAsUser", "0"), ("writableRoot", "1"), ("places", """{"": {}, "x": {"namespace": "A", "contexd": "y"}}"""), ("imige", "typo"),
        ];
        FormatException fault = Assert.Throws<FormatException>(() => JobDocumentTests.Settings(wrong));
        Assert.All(wrong, w => Assert.Contains(w.Name, fault.Message));
        Assert.All((string[])["contexd", "effekt", "namespace 'A'", "'imige' is no setting"], part => Assert.Contains(part, fault.Message));
    }

    [Theory]
    [InlineData("spec: { containers: [] }", "at least one")]
    [InlineData("spec: { containers: [{ name: other }] }", "no container 'worker'")]
    [InlineData("{ metadata: { name: x }, spec: { containers: [{ name: worker }] } }", "a name")]
    [InlineData("spec: { restartPolicy: Always, containers: [{ name: worker }] }", "restartPolicy 'Always'")]
    [InlineData("spec: { hostNetwork: true, containers: [{ name: worker }] }", "namespaces of the host")]
    [InlineData("spec: { nodeName: n, containers: [{ name: worker }] }", "nodeName")]
    [InlineData("spec: { volumes: [{ name: v, hostPath: { path: / } }], containers: [{ name: worker }] }", "hostPath")]
    [InlineData("spec: { containers: [{ name: worker, securityContext: { privileged: true } }] }", "more rights")]
    [InlineData("spec: { containers: [{ name: worker, securityContext: { runAsUser: 0 } }] }", "more rights")]
    [InlineData("spec: { initContainers: [{ name: i, securityContext: { capabilities: { add: [NET_ADMIN] } } }], containers: [{ name: worker }] }", "container 'i' more rights")]
    [InlineData("spec: { containers: [{ name: worker, imaje: x }] }", "imaje")]
    [InlineData("spec: { containers: [{ image: x }] }", "name")]
    [InlineData("spec: [", "cannot be read")]
    [InlineData("a: 1\n---\nb: 2", "2 documents")]
    public void Read_TemplateThatMayNotBe_IsRefused(string template, string expected) =>
        Assert.Contains(expected, Assert.Throws<FormatException>(() => JobDocumentTests.Settings(("image", "w:1"), ("template", template))).Message);

    [Fact]
    public void Read_ImageOnlyInTheTemplate_IsTaken() =>
        Assert.Equal("r.example.org/w:7", JobDocumentTests.Settings(("template", "spec: { containers: [{ name: worker, image: 'r.example.org/w:7' }] }")).Pod.Image);
}
