using SkyDriver.Sidecar.Hosting;
using SkyDriver.Sidecar.Resiliency;
using SkyDriver.Sidecar.Resources;
using SkyDriver.Sidecar.Tests.Workflows;

namespace SkyDriver.Sidecar.Tests.Resiliency;

public sealed class ResiliencyPoliciesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("resiliency-test-").FullName;
    private readonly ManualClock _clock = new();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Targets_Named_GetTheirPolicies()
    {
        ResiliencyPolicies policies = Policies("""
            policies:
              timeouts: { t: 5s }
              retries: { r: { policy: exponential, maxInterval: 15s, maxRetries: 2, matching: { httpStatusCodes: '500-599', gRPCStatusCodes: '14' } }, two: { duration: 0s, maxRetries: 2 } }
              circuitBreakers: { c: { maxRequests: 1, interval: 8s, timeout: 45s, trip: consecutiveFailures > 8 } }
            targets:
              apps: { a: { timeout: t, retry: r, circuitBreaker: c } }
              actors: { T: { timeout: t, retry: two, circuitBreaker: c, circuitBreakerScope: both, circuitBreakerCacheSize: 10 } }
              components: { s: { outbound: { retry: two }, inbound: { timeout: t } } }
            """);
        Assert.True(policies.App("a").Repeats);
        Assert.Same(policies.App("a"), policies.App("a"));
        Assert.True(policies.App("b").IsNone);
        Assert.Equal((3, 1), (await AttemptsAsync(policies.Outbound(ComponentKind.Statestore, "s")), await AttemptsAsync(policies.Inbound(ComponentKind.Statestore, "s"))));
        Assert.False(policies.Inbound(ComponentKind.Pubsub, "s").IsNone);
        Assert.True(policies.Outbound(ComponentKind.Binding, "other").IsNone);
        Assert.Equal((3, 1), (await AttemptsAsync(policies.Actor("T").Call), await AttemptsAsync(policies.Actor("T").Turn("1"))));
        Assert.True(policies.Actor("U").IsNone);
    }

    [Fact]
    public async Task Defaults_FromSpecialToGeneral_AreForTargetsThatNobodyNames()
    {
        ResiliencyPolicies policies = Policies("""
            policies:
              retries:
                DefaultRetryPolicy: { duration: 0s, maxRetries: 1 }
                DefaultAppRetryPolicy: { duration: 0s, maxRetries: 2 }
                DefaultComponentRetryPolicy: { duration: 0s, maxRetries: 3 }
                DefaultComponentOutboundRetryPolicy: { duration: 0s, maxRetries: 4 }
                DefaultPubsubComponentOutboundRetryPolicy: { duration: 0s, maxRetries: 5 }
                none: { maxRetries: 0 }
            targets: { components: { named: { outbound: { retry: none } } } }
            """);
        Assert.Equal((3, 2), (await AttemptsAsync(policies.App("any")), await AttemptsAsync(policies.Actor("any").Call)));
        Assert.Equal((4, 6), (await AttemptsAsync(policies.Inbound(ComponentKind.Pubsub, "p")), await AttemptsAsync(policies.Outbound(ComponentKind.Pubsub, "p"))));
        Assert.Equal((5, 1), (await AttemptsAsync(policies.Outbound(ComponentKind.Statestore, "s")), await AttemptsAsync(policies.Outbound(ComponentKind.Statestore, "named"))));
    }

    [Theory]
    [InlineData("{ maxRetries: 1, duration: 2s }", 3, 2)]
    [InlineData("{ maxRetries: 9, duration: 2s }", 9, 2)]
    [InlineData("{ maxRetries: -1, duration: 2s }", -1, 2)]
    public void BuiltIn_Overridden_IsNeverLessPatient(string policy, int retries, double seconds)
    {
        RetrySpec built = Policies($"policies: {{ retries: {{ DaprBuiltInActorRetries: {policy} }} }}").BuiltInActor;
        Assert.Equal((retries, seconds), (built.MaxRetries, built.Pause(1, 0).TotalSeconds));
        Assert.Equal((3, 1), (ResiliencyPolicies.None.BuiltInActor.MaxRetries, ResiliencyPolicies.None.BuiltInActor.Pause(1, 0).TotalSeconds));
    }

    [Fact]
    public async Task Breakers_OfActors_ArePerActorOrPerType()
    {
        ResiliencyPolicies policies = Policies("""
            policies: { circuitBreakers: { c: { trip: consecutiveFailures >= 1 } } }
            targets: { actors: { PerId: { circuitBreaker: c, circuitBreakerScope: id, circuitBreakerCacheSize: 2 }, PerType: { circuitBreaker: c, circuitBreakerScope: type } } }
            """);
        await AttemptsAsync(policies.Actor("PerId").Turn("1"));
        await Assert.ThrowsAsync<CircuitOpenException>(() => AttemptsAsync(policies.Actor("PerId").Turn("1")));
        Assert.Equal(1, await AttemptsAsync(policies.Actor("PerId").Turn("2")));
        Assert.Equal(1, await AttemptsAsync(policies.Actor("PerId").Turn("3")));
        Assert.Equal(1, await AttemptsAsync(policies.Actor("PerId").Turn("1")));   // The oldest made room.
        await AttemptsAsync(policies.Actor("PerType").Call);
        await Assert.ThrowsAsync<CircuitOpenException>(() => AttemptsAsync(policies.Actor("PerType").Call));
    }

    [Fact]
    public void Load_Wrong_SaysAllWithLines()
    {
        ResourceException fault = Assert.Throws<ResourceException>(() => Policies("""
            policies:
              timeouts: { t: soon }
              retries: { r: { policy: linear, maxRetries: -2, matching: { httpStatusCodes: '99', gRPCStatusCodes: '17' } } }
              circuitBreakers: { c: { trip: failures > 1, maxRequests: x, timeout: -1s } }
            targets:
              apps: { a: { timeout: x, retry: y, circuitBreaker: z } }
              actors: { T: { circuitBreakerScope: some, circuitBreakerCacheSize: 0 } }
            """));
        string[] expected =
        [
            "timeouts.t", "r.policy", "r.maxRetries", "matching.httpStatusCodes", "matching.gRPCStatusCodes", "c.trip", "c.maxRequests", "c.timeout", "a.timeout", "a.retry", "a.circuitBreaker",
            "T.circuitBreakerScope", "T.circuitBreakerCacheSize",
        ];
        Assert.Equal(expected.Length, fault.Faults.Count);
        foreach (string field in expected) Assert.Contains(fault.Faults, f => f.Contains(field + ": ", StringComparison.Ordinal) && f.Contains("0.yaml(", StringComparison.Ordinal));
    }

    private ResiliencyPolicies Policies(string spec)
    {
        string indented = string.Join('\n', spec.Split('\n').Select(line => "  " + line));
        File.WriteAllText(Path.Combine(_folder, "0.yaml"), $"apiVersion: dapr.io/v1alpha1\nkind: Resiliency\nmetadata: {{ name: r }}\nscopes: [mine]\nspec:\n{indented}\n");
        return ResourceView.Of(ResourceLoader.Load([_folder], []), "mine", _clock).Policies;
    }

    private static async Task<int> AttemptsAsync(ResiliencyPolicy policy)
    {
        int attempts = 0;
        await policy.ExecuteAsync(_ => ValueTask.FromResult(++attempts), CancellationToken.None, static _ => Verdict.Failure);
        return attempts;
    }
}
