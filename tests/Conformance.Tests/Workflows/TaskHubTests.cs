using Google.Protobuf;
using Grpc.Core;
using SkyDriver.Grpc;
using SkyDriver.Grpc.Protos.TaskHub;

namespace SkyDriver.Conformance.Tests.Workflows;

/// <summary>The task hub as clients see it, without the SDK's help.</summary>
public sealed class TaskHubTests(DaprTarget target) : Suite(target), IDisposable
{
    private readonly GrpcConnection _hub = new(
        target.GrpcEndpoint, new GrpcConnectionOptions { ApiToken = Environment.GetEnvironmentVariable("DAPR_API_TOKEN"), UnaryDeadline = TimeSpan.FromSeconds(30) });

    public void Dispose() => _hub.Dispose();

    [Fact]
    public async Task Start_WithTags_ShowsThemAndItsHistory()
    {
        await StartAsync("doubles", "4", tags: ("team", "sky"));
        var end = await EndAsync(Token);
        Assert.Equal((WorkflowStatus.Completed, "8", "sky"), (end.Status, end.Output, end.Tags["team"]));
        var history = (await CallAsync("GetInstanceHistory", new GetInstanceHistoryRequest { InstanceId = Token }, GetInstanceHistoryResponse.Parser)).Events;
        Assert.Single(history, e => e.ExecutionStarted is not null);
        Assert.Equal(history.Single(e => e.TaskScheduled is not null).EventId, history.Single(e => e.TaskCompleted is not null).TaskCompleted.TaskScheduledId);
        Assert.Equal(WorkflowStatus.Completed, history.Single(e => e.ExecutionCompleted is not null).ExecutionCompleted.WorkflowStatus);
    }

    [Fact]
    public async Task GetInstance_UnknownId_DoesNotExist() =>
        Assert.False((await CallAsync("GetInstance", new GetInstanceRequest { InstanceId = Token }, GetInstanceResponse.Parser)).Exists);

    [Fact]
    public async Task GetInstance_WithoutPayloads_HasNone()
    {
        await StartAsync("doubles", "4");
        await EndAsync(Token);
        var state = (await CallAsync("GetInstance", new GetInstanceRequest { InstanceId = Token }, GetInstanceResponse.Parser)).WorkflowState;
        Assert.True(string.IsNullOrEmpty(state.Input) && string.IsNullOrEmpty(state.Output));
    }

    [Fact]
    public async Task Start_IdAtWork_AlreadyExists_AndAFinishedOneMayBeUsedAgain()
    {
        await StartAsync("echo", null);
        Assert.Equal(StatusCode.AlreadyExists, (await Assert.ThrowsAsync<RpcException>(() => StartAsync("echo", null))).StatusCode);
        await CallAsync("TerminateInstance", new TerminateRequest { InstanceId = Token }, TerminateResponse.Parser);
        await EndAsync(Token);
        await StartAsync("doubles", "5");
        Assert.Equal("10", (await EndAsync(Token)).Output);
    }

    [Fact]
    public async Task ListInstanceIds_Pages_HoldEveryInstanceOnce()
    {
        string[] mine = [.. Enumerable.Range(0, 5).Select(i => $"{Token}-{i}")];
        foreach (string id in mine) await StartAsync("doubles", "1", id);
        List<string> listed = [];
        string? next = null;
        do
        {
            var request = new ListInstanceIDsRequest { PageSize = 3 };
            if (next is not null) request.ContinuationToken = next;
            var page = await CallAsync("ListInstanceIDs", request, ListInstanceIDsResponse.Parser);
            Assert.InRange(page.InstanceIds.Count, 0, 3);
            listed.AddRange(page.InstanceIds);
            next = page.HasContinuationToken && page.ContinuationToken.Length > 0 ? page.ContinuationToken : null;
        }
        while (next is not null);
        Assert.Equal(mine, listed.Where(id => id.StartsWith(Token, StringComparison.Ordinal)).Order());
    }

    [Fact]
    public async Task Rerun_FromAnActivity_GivesANewInstance()
    {
        await StartAsync("sum", "3");
        await EndAsync(Token);
        var request = new RerunWorkflowFromEventRequest { SourceInstanceID = Token, EventID = 1, NewInstanceID = Token + "-again", Input = "10", OverwriteInput = true };
        Assert.Equal(Token + "-again", (await CallAsync("RerunWorkflowFromEvent", request, RerunWorkflowFromEventResponse.Parser)).NewInstanceID);
        Assert.Equal("14", (await EndAsync(Token + "-again")).Output);
        Assert.Equal("6", (await EndAsync(Token)).Output);
        Assert.Equal(StatusCode.NotFound, (await Assert.ThrowsAsync<RpcException>(() => CallAsync(
            "RerunWorkflowFromEvent", new RerunWorkflowFromEventRequest { SourceInstanceID = Token, EventID = 99 }, RerunWorkflowFromEventResponse.Parser))).StatusCode);
    }

    private Task StartAsync(string name, string? input, string? id = null, params (string Key, string Value)[] tags)
    {
        var request = new CreateInstanceRequest { InstanceId = id ?? Token, Name = name, Input = input };
        foreach (var (key, value) in tags) request.Tags[key] = value;
        return CallAsync("StartInstance", request, CreateInstanceResponse.Parser);
    }

    private async Task<WorkflowState> EndAsync(string id) =>
        (await CallAsync("WaitForInstanceCompletion", new GetInstanceRequest { InstanceId = id, GetInputsAndOutputs = true }, GetInstanceResponse.Parser)).WorkflowState;

    private Task<TResponse> CallAsync<TResponse>(string method, IMessage request, MessageParser<TResponse> parser)
        where TResponse : class, IMessage<TResponse> => _hub.UnaryAsync("/TaskHubSidecarService/" + method, request, parser);
}
