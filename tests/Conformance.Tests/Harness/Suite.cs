namespace SkyDriver.Conformance.Tests;

/// <summary>One suite of behaviours against the target. Each test has a token of its own, for its keys and messages.</summary>
public abstract class Suite(DaprTarget target)
{
    /// <summary>Part of whatever this test stores or sends.</summary>
    protected string Token { get; } = $"test-{Guid.NewGuid():N}";

    protected DaprTarget Target { get; } = target;

    /// <summary>A key that no other test uses.</summary>
    protected string Key(string name = "key") => $"{name}-{Token}";

    private protected IDaprCalls Dapr(Protocol protocol) => protocol is Protocol.Http ? new HttpCalls(Target.Http) : new GrpcCalls(Target.Grpc);
}
