using Dapr.Actors.Runtime;
using Dapr.Client;
using Dapr.Workflow;
using Dapr.Workflow.Abstractions;
using Grpc.Core;

namespace Dapr.Sdk.Tests.Silence;

/// <summary>
/// A sidecar that accepts and never answers: every call ends within its limit, with the exception its documentation
/// names, or at once when its token fires.
/// </summary>
public sealed class SilentSidecarTests
{
    private static readonly TimeSpan Small = TimeSpan.FromMilliseconds(400);
    private static readonly TimeSpan Large = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Waits and streams: they last as long as what they wait for.</summary>
    private static readonly string[] EndOnlyByToken =
    [
        "DaprClient.WaitForSidecarAsync", "DaprWorkflowClient.WaitForWorkflowStartAsync", "DaprWorkflowClient.WaitForWorkflowCompletionAsync",
        "IDaprWorkflowClient.WaitForWorkflowStartAsync", "IDaprWorkflowClient.WaitForWorkflowCompletionAsync", "ConfigurationSource.GetAsyncEnumerator",
    ];

    /// <summary>Done without the sidecar.</summary>
    private static readonly string[] Local =
    [
        "DaprClient.SubscribeConfiguration", "IActorStateManager.SetStateAsync", "IActorStateManager.ClearCacheAsync", "IActorStateManager.UnloadStateAsync",
    ];

    /// <summary>Asynchronous members that call no sidecar: code of the app, the context it runs in, and what makes its actors.</summary>
    private static readonly Type[] OfTheApp =
    [
        typeof(IRemindable), typeof(ActorActivator), typeof(Workflow<,>), typeof(IWorkflow), typeof(WorkflowActivity<,>), typeof(IWorkflowActivity),
        typeof(WorkflowContext), typeof(ParallelExtensions),
    ];

    /// <summary>A type with asynchronous members is in one of the two lists, so that none is forgotten.</summary>
    [Fact]
    public void Surface_TypesWithAsyncMembers_AreAllInTheTable()
    {
        var found = typeof(DaprClient).Assembly.GetExportedTypes()
            .Where(t => !typeof(Delegate).IsAssignableFrom(t))
            .Where(t => SdkCalls.AsyncMethods(t).Any());
        Assert.Equal(Names(SdkCalls.Types.Concat(OfTheApp)), Names(found));

        static string[] Names(IEnumerable<Type> types) => [.. types.Select(t => t.FullName!).Order(StringComparer.Ordinal)];
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Call_NoAnswer_EndsWithinItsLimit(bool speaksHttp)
    {
        await using var peer = await SilentPeer.StartAsync(speaksHttp);
        using var calls = new SdkCalls(peer.Http, peer.Grpc, Small);
        var table = calls.All().Where(c => !Is(EndOnlyByToken, c)).ToArray();
        Assert.True(table.Length >= 90, $"the table has lost calls: {table.Length}");
        await AssertAllAsync(table, call => ExpectLimitAsync(call, call.Start(CancellationToken.None)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Call_TokenFires_EndsAtOnceAndTheSidecarIsTold(bool speaksHttp)
    {
        await using var peer = await SilentPeer.StartAsync(speaksHttp);
        using var calls = new SdkCalls(peer.Http, peer.Grpc, Large);
        using var stop = new CancellationTokenSource();
        var table = calls.All().Where(c => c.TakesToken && !Is(Local, c)).ToArray();
        Assert.True(table.Length >= 70, $"the table has lost calls: {table.Length}");
        var running = table.ToDictionary(c => c, c => c.Start(stop.Token));
        await Until.HoldsAsync(() => peer.Seen >= (speaksHttp ? table.Length : 1));
        Assert.All(running, r => Assert.False(r.Value.IsCompleted, $"{r.Key} did not wait"));
        await stop.CancelAsync();
        await AssertAllAsync(table, call => Assert.ThrowsAnyAsync<OperationCanceledException>(() => running[call].WaitAsync(Patience)));
        if (peer is SilentServer server) await Until.HoldsAsync(() => server.Abandoned == server.Seen);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Call_TokenHasFired_SendsNothing(bool speaksHttp)
    {
        await using var peer = await SilentPeer.StartAsync(speaksHttp);
        using var calls = new SdkCalls(peer.Http, peer.Grpc, Large);
        var table = calls.All().Where(c => c.TakesToken && !Is(Local, c)).ToArray();
        await AssertAllAsync(table, call => Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.Start(new CancellationToken(canceled: true)).WaitAsync(Patience)));
        Assert.Equal(0, speaksHttp ? peer.Seen : 0);
    }

    private static Task ExpectLimitAsync(SdkCall call, Task running) => call switch
    {
        _ when Is(Local, call) => running.WaitAsync(Patience),
        { Type: "DaprClient", Name: var name } when name.StartsWith("Check", StringComparison.Ordinal) => ExpectFalseAsync((Task<bool>)running),
        { Type: "DaprClient", Name: var name } when name.StartsWith("InvokeMethod", StringComparison.Ordinal) => ExpectHttpTimeoutAsync(running),
        { Type: "InvocationHandler" } => ExpectHttpTimeoutAsync(running),
        { Type: "DaprClient" or "StateEntry" or "DaprPublishSubscribeClient" } => ExpectDaprAsync(running),
        { Type: "DaprWorkflowClient" or "IDaprWorkflowClient" } => ExpectRpcAsync(running),
        _ => ExpectActorAsync(running),
    };

    private static async Task ExpectFalseAsync(Task<bool> running) => Assert.False(await running.WaitAsync(Patience));

    private static async Task ExpectHttpTimeoutAsync(Task running) =>
        Assert.IsType<TimeoutException>((await Assert.ThrowsAsync<TaskCanceledException>(() => running.WaitAsync(Patience))).InnerException);

    private static async Task ExpectDaprAsync(Task running)
    {
        var fault = await Assert.ThrowsAsync<DaprException>(() => running.WaitAsync(Patience));
        Assert.Equal(StatusCode.DeadlineExceeded, Assert.IsType<RpcException>(fault.InnerException).StatusCode);
    }

    private static async Task ExpectRpcAsync(Task running) =>
        Assert.Equal(StatusCode.DeadlineExceeded, (await Assert.ThrowsAsync<RpcException>(() => running.WaitAsync(Patience))).StatusCode);

    private static async Task ExpectActorAsync(Task running)
    {
        var fault = await Assert.ThrowsAsync<DaprApiException>(() => running.WaitAsync(Patience));
        Assert.True(fault.IsTransient);
        Assert.Contains("took longer than", fault.Message);
    }

    private static bool Is(string[] names, SdkCall call) => names.Any(n => call.ToString().StartsWith(n + "(", StringComparison.Ordinal) || call.ToString() == n);

    /// <summary>All rows at the same time; what fails is named together.</summary>
    private static async Task AssertAllAsync(SdkCall[] table, Func<SdkCall, Task> check)
    {
        string?[] faults = await Task.WhenAll(table.Select(async call =>
        {
            try
            {
                await check(call);
                return null;
            }
            catch (Exception e)
            {
                return $"{call}: {e.Message}";
            }
        }));
        Assert.True(faults.All(f => f is null), string.Join("\n", faults.OfType<string>()));
    }
}
