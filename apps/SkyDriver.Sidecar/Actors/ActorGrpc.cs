using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using SkyDriver.Grpc;
using SkyDriver.Grpc.Protos.Common;
using SkyDriver.Grpc.Protos.Runtime;
using SkyDriver.Sidecar.Hosting;

namespace SkyDriver.Sidecar.Actors;

/// <summary>The actor methods of <c>dapr.proto.runtime.v1.Dapr</c>.</summary>
internal static class ActorGrpc
{
    private const string Service = "/dapr.proto.runtime.v1.Dapr/";

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGrpcUnary(Service + "InvokeActor", InvokeActorRequest.Parser, InvokeAsync);
        routes.MapGrpcUnary(Service + "GetActorState", GetActorStateRequest.Parser, GetStateAsync);
        routes.MapGrpcUnary(Service + "ExecuteActorStateTransaction", ExecuteActorStateTransactionRequest.Parser, WriteStateAsync);
        routes.MapGrpcUnary(Service + "RegisterActorReminder", RegisterActorReminderRequest.Parser, RegisterReminderAsync);
        routes.MapGrpcUnary(Service + "UnregisterActorReminder", UnregisterActorReminderRequest.Parser, async (r, call) =>
        {
            await Own(call).Reminders.UnregisterAsync(Key(r.ActorType, r.ActorId), r.Name);
            return new Empty();
        });
        routes.MapGrpcUnary(Service + "GetActorReminder", GetActorReminderRequest.Parser, GetReminderAsync);
        routes.MapGrpcUnary(Service + "ListActorReminders", ListActorRemindersRequest.Parser, async (r, call) =>
        {
            var found = await Own(call).Reminders.ListAsync(TypeOf(r.ActorType), r.HasActorId ? r.ActorId : null, call.Cancelled);
            return new ListActorRemindersResponse { Reminders = { found.Select(Describe) } };
        });
        routes.MapGrpcUnary(Service + "UnregisterActorRemindersByType", UnregisterActorRemindersByTypeRequest.Parser, async (r, call) =>
        {
            await Own(call).Reminders.UnregisterAllAsync(TypeOf(r.ActorType), r.HasActorId ? r.ActorId : null, call.Cancelled);
            return new UnregisterActorRemindersByTypeResponse();
        });
        routes.MapGrpcUnary(Service + "RegisterActorTimer", RegisterActorTimerRequest.Parser, (r, call) =>
        {
            var request = new ScheduleRequest { DueTime = r.DueTime, Period = r.Period, Ttl = r.Ttl, Callback = r.Callback, Data = AsJson(r.Data) };
            Timed(() => Own(call).Timers.Register(call.HttpContext.Instance(), Key(r.ActorType, r.ActorId), r.Name, request));
            return Task.FromResult(new Empty());
        });
        routes.MapGrpcUnary(Service + "UnregisterActorTimer", UnregisterActorTimerRequest.Parser, (r, call) =>
        {
            Own(call).Timers.Unregister(call.HttpContext.Instance(), Key(r.ActorType, r.ActorId), r.Name);
            return Task.FromResult(new Empty());
        });
    }

    private static async Task<InvokeActorResponse> InvokeAsync(InvokeActorRequest r, GrpcServerCall call)
    {
        var actor = Key(r.ActorType, r.ActorId);
        var engine = ActorModule.Locate(call.HttpContext.Instance(), actor);
        string? contentType = r.Metadata.FirstOrDefault(m => m.Key.Equals("content-type", StringComparison.OrdinalIgnoreCase)).Value;
        var invocation = new ActorCall(r.Data.Memory, contentType, [.. r.Metadata.Where(m => PassedHeaders.Passes(m.Key))]);
        var reply = await engine.InvokeAsync(actor, Uri.EscapeDataString(r.Method), invocation, call.Cancelled);
        if (reply.Header(ActorReply.ErrorHeader) is { } error) call.HttpContext.Response.Headers[ActorReply.ErrorHeader] = error;
        return new InvokeActorResponse { Data = UnsafeByteOperations.UnsafeWrap(reply.Body) };
    }

    private static async Task<GetActorStateResponse> GetStateAsync(GetActorStateRequest r, GrpcServerCall call)
    {
        var response = new GetActorStateResponse();
        if (await Own(call).State.GetAsync(call.HttpContext.Instance(), Key(r.ActorType, r.ActorId), r.Key) is not { } record) return response;
        response.Data = UnsafeByteOperations.UnsafeWrap(record.Value);
        if (record.ExpiresAt is { } expires) response.Metadata["ttlExpireTime"] = ActorBodies.Rfc3339(expires);
        return response;
    }

    private static async Task<Empty> WriteStateAsync(ExecuteActorStateTransactionRequest r, GrpcServerCall call)
    {
        List<ActorStateChange> changes = new(r.Operations.Count);
        foreach (var operation in r.Operations)
        {
            changes.Add(operation.OperationType switch
            {
                "delete" => new ActorStateChange(operation.Key, null),
                "upsert" => new ActorStateChange(operation.Key, operation.Value?.Value.ToByteArray() ?? [], TimeToLive(operation.Metadata)),
                var other => throw DaprErrors.MalformedRequest($"operation '{other}' is neither upsert nor delete"),
            });
        }

        await Own(call).State.ApplyAsync(call.HttpContext.Instance(), Key(r.ActorType, r.ActorId), changes);
        return new Empty();
    }

    private static async Task<Empty> RegisterReminderAsync(RegisterActorReminderRequest r, GrpcServerCall call)
    {
        var request = new ScheduleRequest
        {
            DueTime = r.DueTime,
            Period = r.Period,
            Ttl = r.Ttl,
            Data = AsJson(r.Data),
            Overwrite = !r.HasOverwrite || r.Overwrite,
            FailurePolicy = PolicyOf(r.FailurePolicy),
        };
        try
        {
            await Own(call).Reminders.RegisterAsync(Key(r.ActorType, r.ActorId), r.Name, request);
        }
        catch (FormatException e)
        {
            throw DaprErrors.MalformedRequest(e.Message);
        }

        return new Empty();
    }

    private static async Task<GetActorReminderResponse> GetReminderAsync(GetActorReminderRequest r, GrpcServerCall call)
    {
        var record = await Own(call).Reminders.GetAsync(Key(r.ActorType, r.ActorId), r.Name);
        return new GetActorReminderResponse
        {
            ActorType = r.ActorType,
            ActorId = r.ActorId,
            DueTime = ActorBodies.DueText(record),
            Period = ActorBodies.PeriodText(record),
            Data = record.Data.IsEmpty ? null : new Any { Value = record.Data },
            Ttl = record.Ttl,
        };
    }

    private static ActorEngine Own(GrpcServerCall call) => ActorModule.Own(call.HttpContext.Instance());

    private static NamedActorReminder Describe(ReminderRecord record)
    {
        var reminder = new ActorReminder
        {
            ActorType = record.ActorType,
            ActorId = record.ActorId,
            DueTime = ActorBodies.DueText(record),
            Data = record.Data.IsEmpty ? null : new Any { Value = record.Data },
        };
        if (record.Period is not null) reminder.Period = ActorBodies.PeriodText(record);
        if (record.Ttl.Length > 0) reminder.Ttl = record.Ttl;
        return new NamedActorReminder { Name = record.Name, Reminder = reminder };
    }

    private static ActorKey Key(string type, string id)
    {
        if (id.Length == 0) throw DaprErrors.MalformedRequest("the actor id is missing");
        return new ActorKey(TypeOf(type), id);
    }

    private static string TypeOf(string type)
    {
        if (type.Length == 0) throw DaprErrors.MalformedRequest("the actor type is missing");
        ActorModule.RefuseReserved(type);
        return type;
    }

    /// <summary>Data that is JSON stays as it is; other bytes become a JSON string of their base64.</summary>
    private static ReadOnlyMemory<byte> AsJson(ByteString data)
    {
        if (data.IsEmpty) return default;
        try
        {
            using var _ = JsonDocument.Parse(data.Memory);
            return data.Memory;
        }
        catch (JsonException)
        {
            return JsonSerializer.SerializeToUtf8Bytes(data.ToBase64());
        }
    }

    private static FailurePolicy? PolicyOf(JobFailurePolicy? policy) => policy?.PolicyCase switch
    {
        JobFailurePolicy.PolicyOneofCase.Drop => new FailurePolicy(true, TimeSpan.Zero, 0),
        JobFailurePolicy.PolicyOneofCase.Constant => new FailurePolicy(
            false, policy.Constant.Interval?.ToTimeSpan() ?? FailurePolicy.Default.Interval, policy.Constant.HasMaxRetries ? policy.Constant.MaxRetries : null),
        _ => null,
    };

    private static TimeSpan? TimeToLive(IDictionary<string, string> metadata)
    {
        try
        {
            return ActorBodies.TimeToLive(metadata.TryGetValue("ttlInSeconds", out string? text) ? text : null);
        }
        catch (JsonException e)
        {
            throw DaprErrors.MalformedRequest(e.Message);
        }
    }

    private static void Timed(Action register)
    {
        try
        {
            register();
        }
        catch (FormatException e)
        {
            throw DaprErrors.MalformedRequest(e.Message);
        }
    }
}
