using Grpc.Core;
using SkyDriver.Grpc.Protos.Runtime;

namespace SkyDriver.Conformance.Tests.Actors;

/// <summary>The actor API of callers and of actors, over both protocols, against actors made with the SDK.</summary>
public sealed class ActorSuite(DaprTarget target) : Suite(target)
{
    private const string Type = nameof(TallyActor);

    [Theory, BothProtocols]
    public async Task Invoke_Method_GivesItsAnswer(Protocol protocol)
    {
        Assert.Equal("2", await Calls(protocol).InvokeAsync(Type, Token, "AddAsync", "2"));
        Assert.Equal("5", await Calls(protocol).InvokeAsync(Type, Token, "AddAsync", "3"));
        Assert.Equal("5", await Calls(protocol).InvokeAsync(Type, Token, "GetAsync"));
    }

    [Theory, BothProtocols]
    public Task Invoke_TypeThatNobodyHosts_IsRefused(Protocol protocol) =>
        DaprRefusal.ExpectAsync(() => Calls(protocol).InvokeAsync("NobodyActor", Token, "GetAsync"), 404, "ERR_ACTOR_NO_ADDRESS", StatusCode.FailedPrecondition);

    [Theory, BothProtocols]
    public Task Invoke_TypeOfTheRuntime_IsRefused(Protocol protocol) =>
        DaprRefusal.ExpectAsync(() => Calls(protocol).InvokeAsync("dapr.internal.default.conformance.workflow", Token, "GetAsync"), 403, "ERR_ACTOR_TYPE_RESERVED", StatusCode.PermissionDenied);

    [Theory, BothProtocols]
    public Task Invoke_MethodThatIsNot_IsRefused(Protocol protocol) =>
        DaprRefusal.ExpectAsync(() => Calls(protocol).InvokeAsync(Type, Token, "NoSuchMethod"), 500, "ERR_ACTOR_INVOKE_METHOD", StatusCode.Internal);

    [Theory, BothProtocols]
    public async Task State_Transaction_IsReadBack(Protocol protocol)
    {
        var dapr = await AwakeAsync(protocol);
        await dapr.TransactAsync(Type, Token, [("a", """{"x":1}"""), ("b", "2")]);
        Assert.Equal("""{"x":1}""", (await dapr.GetStateAsync(Type, Token, "a")).Json);
        await dapr.TransactAsync(Type, Token, [("a", null), ("b", "3")]);
        Assert.Null((await dapr.GetStateAsync(Type, Token, "a")).Json);
        Assert.Equal("3", (await dapr.GetStateAsync(Type, Token, "b")).Json);
    }

    [Theory, BothProtocols]
    public async Task State_TimeToLive_IsToldAndPasses(Protocol protocol)
    {
        var dapr = await AwakeAsync(protocol);
        await dapr.TransactAsync(Type, Token, [("long", "1")], ttlInSeconds: 1000);
        await dapr.TransactAsync(Type, Token, [("short", "1")], ttlInSeconds: 1);
        Assert.NotNull((await dapr.GetStateAsync(Type, Token, "long")).Expires);
        await Until.HoldsAsync(async () => (await dapr.GetStateAsync(Type, Token, "short")).Json is null, "the value ends");
        Assert.Equal("1", (await dapr.GetStateAsync(Type, Token, "long")).Json);
    }

    [Theory, BothProtocols]
    public async Task State_ActorThatSleeps_IsRefused(Protocol protocol)
    {
        var dapr = Calls(protocol);
        await DaprRefusal.ExpectAsync(() => dapr.GetStateAsync(Type, Token, "a"), 400, "ERR_ACTOR_INSTANCE_MISSING", StatusCode.FailedPrecondition);
        await DaprRefusal.ExpectAsync(() => dapr.TransactAsync(Type, Token, [("a", "1")]), 400, "ERR_ACTOR_INSTANCE_MISSING", StatusCode.FailedPrecondition);
    }

    [Theory, BothProtocols]
    public async Task Reminder_Registered_ReadsBackUntilItIsTakenBack(Protocol protocol)
    {
        var dapr = Calls(protocol);
        await dapr.RegisterReminderAsync(Type, Token, "r", new ActorReminderSpec("1h", "1m", "text"));
        Assert.Equal(("@every 1m0s", "text"), await dapr.GetReminderAsync(Type, Token, "r"));
        await dapr.RegisterReminderAsync(Type, Token, "r", new ActorReminderSpec("1h", "2m", "more"));
        Assert.Equal(("@every 2m0s", "more"), await dapr.GetReminderAsync(Type, Token, "r"));
        await dapr.UnregisterReminderAsync(Type, Token, "r");
        await dapr.UnregisterReminderAsync(Type, Token, "r");
        await DaprRefusal.ExpectAsync(() => dapr.GetReminderAsync(Type, Token, "r"), 404, "ERR_ACTOR_REMINDER_NOT_FOUND", StatusCode.NotFound);
    }

    [Theory, BothProtocols]
    public async Task Reminder_WithoutOverwrite_KeepsTheFirst(Protocol protocol)
    {
        var dapr = Calls(protocol);
        await dapr.RegisterReminderAsync(Type, Token, "r", new ActorReminderSpec("1h", Data: "first"));
        await DaprRefusal.ExpectAsync(
            () => dapr.RegisterReminderAsync(Type, Token, "r", new ActorReminderSpec("1h", Data: "second", Overwrite: false)), 409, "ERR_ACTOR_REMINDER_ALREADY_EXISTS", StatusCode.AlreadyExists);
        Assert.Equal("first", (await dapr.GetReminderAsync(Type, Token, "r")).Data);
        await dapr.UnregisterReminderAsync(Type, Token, "r");
    }

    [Theory, BothProtocols]
    public Task Reminder_OfATypeThatIsNotHosted_IsRefused(Protocol protocol) => DaprRefusal.ExpectAsync(
        () => Calls(protocol).RegisterReminderAsync("NobodyActor", Token, "r", new ActorReminderSpec("1h")), 403, "ERR_ACTOR_REMINDER_NON_HOSTED", StatusCode.PermissionDenied);

    [Theory, BothProtocols]
    public async Task Reminder_WithACount_WakesTheActorThatOften(Protocol protocol)
    {
        var dapr = Calls(protocol);
        await dapr.RegisterReminderAsync(Type, Token, "r", new ActorReminderSpec("0s", "R2/PT1S"));
        await Until.HoldsAsync(async () => await dapr.InvokeAsync(Type, Token, "GetAsync") == "2", "two firings");
        await DaprRefusal.ExpectAsync(() => dapr.GetReminderAsync(Type, Token, "r"), 404, "ERR_ACTOR_REMINDER_NOT_FOUND", StatusCode.NotFound);
    }

    [Theory, BothProtocols]
    public async Task Timer_OfAnActorThatIsAwake_Fires(Protocol protocol)
    {
        var dapr = await AwakeAsync(protocol);
        await dapr.RegisterTimerAsync(Type, Token, "t", "0s", null, nameof(TallyActor.TickAsync));
        await Until.HoldsAsync(async () => await dapr.InvokeAsync(Type, Token, "GetAsync") == "1000", "the timer fires");
        await dapr.RegisterTimerAsync(Type, Token, "late", "1h", "1h", nameof(TallyActor.TickAsync));
        await dapr.UnregisterTimerAsync(Type, Token, "late");
        await dapr.UnregisterTimerAsync(Type, Token, "late");
    }

    [Fact]
    public async Task Reminders_OfAnActor_AreListedAndRemovedTogether()
    {
        var dapr = Calls(Protocol.Grpc);
        await dapr.RegisterReminderAsync(Type, Token, "a", new ActorReminderSpec("1h", "1m"));
        await dapr.RegisterReminderAsync(Type, Token, "b", new ActorReminderSpec("1h"));
        var request = new ListActorRemindersRequest { ActorType = Type, ActorId = Token };
        var listed = await Target.Grpc.CallAsync("ListActorReminders", request, ListActorRemindersResponse.Parser);
        Assert.Equal(["a", "b"], listed.Reminders.Select(r => r.Name).Order());
        await Target.Grpc.CallAsync(
            "UnregisterActorRemindersByType", new UnregisterActorRemindersByTypeRequest { ActorType = Type, ActorId = Token }, UnregisterActorRemindersByTypeResponse.Parser);
        Assert.Empty((await Target.Grpc.CallAsync("ListActorReminders", request, ListActorRemindersResponse.Parser)).Reminders);
    }

    [Fact]
    public async Task Metadata_CountsTheActorsThatAreAwake()
    {
        await AwakeAsync(Protocol.Http);
        var runtime = (await Target.Grpc.GetMetadataAsync()).ActorRuntime;
        Assert.True(runtime.ActiveActors.Single(a => a.Type == Type).Count >= 1);
    }

    private IActorCalls Calls(Protocol protocol) => protocol is Protocol.Http ? new HttpActorCalls(Target.Http) : new GrpcActorCalls(Target.Grpc);

    private async Task<IActorCalls> AwakeAsync(Protocol protocol)
    {
        var dapr = Calls(protocol);
        await dapr.InvokeAsync(Type, Token, "GetAsync");
        return dapr;
    }
}
