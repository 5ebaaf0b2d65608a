using k8s;
using k8s.Autorest;
using k8s.Models;
using SkyDriver.KubernetesJobs.Tests.Double;
using SkyDriver.KubernetesJobs.Tests.Jobs;

namespace SkyDriver.KubernetesJobs.Tests.Sdk;

public sealed class ClientTests
{
    [Theory]
    [InlineData("1", 1)]
    [InlineData("500m", 0.5)]
    [InlineData("2.5Gi", 2684354560)]
    [InlineData("1e3", 1000)]
    [InlineData("1E", 1e18)]
    [InlineData("8Ki", 8192)]
    [InlineData("100n", 1e-7)]
    public void Quantity_Text_HasItsValue(string text, double expected) => Assert.Equal((decimal)expected, new ResourceQuantity(text).ToDecimal());

    [Theory]
    [InlineData("")]
    [InlineData("Gi")]
    [InlineData("8GiB")]
    [InlineData("8 Gi")]
    [InlineData("1,000")]
    [InlineData("1e3Ki")]
    [InlineData("9e99")]
    public void Quantity_NoneAtAll_IsRefused(string text) => Assert.Throws<FormatException>(() => new ResourceQuantity(text));

    [Fact]
    public void Quantity_SameValue_IsEqual()
    {
        Assert.True(new ResourceQuantity("1024Mi") == new ResourceQuantity("1Gi"));
        Assert.Equal(("2", "500m"), (((ResourceQuantity)2m).ToString(), ((ResourceQuantity)0.5m).ToString()));
    }

    [Fact]
    public void Json_Times_AreUtcAndExact()
    {
        V1ObjectMeta read = KubernetesJson.Deserialize<V1ObjectMeta>("""{"creationTimestamp":"2026-03-01T12:00:00+02:00","unknown":1}""");
        Assert.Equal((new DateTime(2026, 3, 1, 10, 0, 0), DateTimeKind.Utc), (read.CreationTimestamp!.Value, read.CreationTimestamp.Value.Kind));
        Assert.Equal("""{"creationTimestamp":"2026-03-01T10:00:00Z"}""", KubernetesJson.Serialize(read));
    }

    [Theory]
    [InlineData("""{"kind":"Status","status":"Success"}""", "Success")]
    [InlineData("""{"kind":"Job","metadata":{"name":"x","finalizers":["y"]},"status":{"active":{"a":[1]}}}""", null)]
    public void Json_AnswerToADeletion_IsAStatusOrTheObjectItself(string json, string? expected) =>
        Assert.Equal(expected, KubernetesJson.Deserialize<V1Status>(json).Status);

    [Fact]
    public void Yaml_Strict_RefusesWhatItWouldLose()
    {
        Assert.Equal("8", KubernetesYaml.Deserialize<V1EnvVar>("{ name: A, value: '8' }", strict: true).Value);
        Assert.ThrowsAny<YamlDotNet.Core.YamlException>(() => KubernetesYaml.Deserialize<V1EnvVar>("{ name: A, valu: b }", strict: true));
        Assert.Equal("A", KubernetesYaml.Deserialize<V1EnvVar>("{ name: A, valu: b }").Name);
    }

    /// <summary>Whatever a name is, the request stays with the resource that was meant.</summary>
    [Fact]
    public async Task Names_OfAnyText_StayOneSegmentOfThePath()
    {
        await using FakeCluster cluster = await FakeCluster.StartAsync();
        using Kubernetes kubernetes = new(new KubernetesClientConfiguration { Host = cluster.Address.ToString(), AccessToken = "good-token" });
        foreach ((string name, _) in HostileTexts.Pairs().Where(p => !p.A.Contains('\0')).Take(100))
        {
            Exception? fault = await Record.ExceptionAsync(() => kubernetes.BatchV1.ReadNamespacedJobAsync(name, "scans"));
            Assert.True(fault is ArgumentException or HttpOperationException, $"'{name}': {fault}");
        }

        Assert.All(cluster.Requests, r => Assert.StartsWith("/apis/batch/v1/namespaces/scans/jobs/", r.Path));
        Assert.All(cluster.Requests, r => Assert.Equal("", r.Query));
        Assert.DoesNotContain(cluster.Complaints, c => c.Contains("secrets/x", StringComparison.Ordinal) && !c.Contains("jobs/", StringComparison.Ordinal));
        await Assert.ThrowsAsync<ArgumentException>(() => kubernetes.BatchV1.ReadNamespacedJobAsync("..", "scans"));
    }

    [Fact]
    public async Task Failure_HasStatusBodyAndHeaders()
    {
        await using FakeCluster cluster = await FakeCluster.StartAsync();
        using Kubernetes kubernetes = new(new KubernetesClientConfiguration { Host = cluster.Address.ToString(), AccessToken = "good-token" });
        cluster.FailOnce("GET", "/jobs", 429, "7", "slow down");
        HttpOperationException fault = await Assert.ThrowsAsync<HttpOperationException>(() => kubernetes.BatchV1.ListNamespacedJobAsync("scans"));
        Assert.Equal((429, "7"), ((int)fault.Response.StatusCode, fault.Response.Headers["Retry-After"].Single()));
        Assert.Equal("slow down", KubernetesJson.Deserialize<V1Status>(fault.Response.Content!).Message);
    }

    [Fact]
    public async Task Watch_StatusAmongEvents_IsToldAsAnException()
    {
        await using FakeCluster cluster = await FakeCluster.StartAsync();
        cluster.SaysGoneInStream = true;
        cluster.Compact();
        using Kubernetes kubernetes = new(new KubernetesClientConfiguration { Host = cluster.Address.ToString(), AccessToken = "good-token" });
        List<Exception> told = [];
        await foreach (var seen in kubernetes.BatchV1.WatchListNamespacedJobAsync("scans", resourceVersion: "1", onError: told.Add)) Assert.Fail($"{seen}");
        Assert.Equal(410, Assert.IsType<KubernetesException>(Assert.Single(told)).Status!.Code);
    }
}
