using System.Net;
using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using SkyDriver.Grpc.Protos.Common;
using SkyDriver.Grpc.Protos.Runtime;
using SkyDriver.Sidecar.State;
using SkyDriver.Sidecar.Tests.Workflows;
using Etag = SkyDriver.Grpc.Protos.Common.Etag;

namespace SkyDriver.Sidecar.Tests.State;

/// <summary>Every row of the table of refusals, on both protocols, and what the API does beside a store.</summary>
public sealed class StateApiTests
{
    private const string Item = """[{"key":"k","value":1}]""";

    [Fact]
    public async Task Store_NoneAtAllOrUnknown_IsToldApart()
    {
        await using StateApiHost none = await StateApiHost.StartAsync(new Dictionary<string, IStateStore>());
        await using StateApiHost other = await StateApiHost.StartAsync(Memory());
        foreach ((string verb, string path, string? body) in ((string, string, string?)[])[("GET", "x/k", null), ("DELETE", "x/k", null), ("POST", "x", Item), ("PUT", "x/bulk", """{"keys":["k"]}"""), ("POST", "x/transaction", """{"operations":[]}""")])
        {
            Same((500, "ERR_STATE_STORE_NOT_CONFIGURED", "DAPR_STATE_NOT_CONFIGURED"), await none.RefusedAsync(verb, path, body));
            Same((400, "ERR_STATE_STORE_NOT_FOUND", "DAPR_STATE_NOT_FOUND"), await other.RefusedAsync(verb, path, body));
        }

        foreach ((string method, IMessage request) in ((string, IMessage)[])[("GetState", new GetStateRequest { StoreName = "x", Key = "k" }), ("SaveState", new SaveStateRequest { StoreName = "x" }), ("DeleteState", new DeleteStateRequest { StoreName = "x", Key = "k" }),
            ("GetBulkState", new GetBulkStateRequest { StoreName = "x" }), ("DeleteBulkState", new DeleteBulkStateRequest { StoreName = "x" }), ("ExecuteStateTransaction", new ExecuteStateTransactionRequest { StoreName = "x" })])
        {
            Same((StatusCode.FailedPrecondition, "DAPR_STATE_NOT_CONFIGURED"), await none.RefusedAsync(method, request));
            Same((StatusCode.InvalidArgument, "DAPR_STATE_NOT_FOUND"), await other.RefusedAsync(method, request));
        }
    }

    [Theory]
    [InlineData("POST", "store", "no json")]
    [InlineData("POST", "store", "")]
    [InlineData("POST", "store", "{}")]
    [InlineData("POST", "store", "[1]")]
    [InlineData("POST", "store", """[{"value":1}]""")]
    [InlineData("POST", "store", """[{"key":"","value":1}]""")]
    [InlineData("POST", "store", """[{"key":7,"value":1}]""")]
    [InlineData("POST", "store", """[{"key":"\ud800","value":1}]""")]
    [InlineData("POST", "store", """[{"key":"a\u0000b","value":1}]""")]
    [InlineData("POST", "store", """[{"key":"a||b","value":1}]""")]
    [InlineData("POST", "store", """[{"key":"k","value":1,"etag":5}]""")]
    [InlineData("POST", "store", """[{"key":"k","value":1,"metadata":{"ttlInSeconds":10}}]""")]
    [InlineData("POST", "store", """[{"key":"k","value":1,"metadata":"x"}]""")]
    [InlineData("POST", "store", """[{"key":"k","value":1,"options":"x"}]""")]
    [InlineData("POST", "store", """[{"key":"k","value":1,"options":{"concurrency":"second-write"}}]""")]
    [InlineData("POST", "store", """[{"key":"k","value":1,"options":{"consistency":"weak"}}]""")]
    [InlineData("POST", "store/bulk", """{"keys":"k"}""")]
    [InlineData("POST", "store/bulk", """{"keys":["a",1]}""")]
    [InlineData("POST", "store/bulk", """{"keys":["a||b"]}""")]
    [InlineData("POST", "store/transaction", "[]")]
    [InlineData("POST", "store/transaction", """{"operations":[{"operation":"upsert"}]}""")]
    [InlineData("POST", "store/transaction", """{"operations":[{"operation":"upsert","request":3}]}""")]
    [InlineData("GET", "store/a%7C%7Cb", null)]
    [InlineData("GET", "store/k?consistency=weak", null)]
    [InlineData("DELETE", "store/k?concurrency=second-write", null)]
    public async Task Http_WhatCannotBeRead_IsMalformedAndChangesNothing(string verb, string path, string? body)
    {
        LimitedStore store = new(Memory());
        await using StateApiHost host = await StateApiHost.StartAsync(store);
        Refusal refusal = await host.RefusedAsync(verb, path, body);
        Assert.Equal((400, "ERR_MALFORMED_REQUEST"), (refusal.Code, refusal.Error));
        Assert.Empty(store.Sizes);
    }

    [Theory]
    [InlineData("a||b")]
    [InlineData("")]
    [InlineData("a\0b")]
    public async Task Grpc_AKeyThatNoStoreTakes_IsRefused(string key)
    {
        await using StateApiHost host = await StateApiHost.StartAsync(Memory());
        StateItem item = new() { Key = key };
        foreach ((string method, IMessage request) in ((string, IMessage)[])[("GetState", new GetStateRequest { StoreName = "store", Key = key }), ("SaveState", new SaveStateRequest { StoreName = "store", States = { item } }), ("DeleteState", new DeleteStateRequest { StoreName = "store", Key = key }),
            ("GetBulkState", new GetBulkStateRequest { StoreName = "store", Keys = { key } }), ("DeleteBulkState", new DeleteBulkStateRequest { StoreName = "store", States = { item } }), ("ExecuteStateTransaction", Transaction(("upsert", item)))])
        {
            Same((StatusCode.InvalidArgument, "DAPR_STATE_ILLEGAL_KEY"), await host.RefusedAsync(method, request));
        }
    }

    [Fact]
    public async Task ETag_ThatDoesNotMatch_IsAConflictOnItsOwnAndAFailureInATransaction()
    {
        await using StateApiHost host = await StateApiHost.StartAsync(Memory());
        await host.DoneAsync("POST", "store", Item);
        Same((409, "ERR_STATE_SAVE", null), await host.RefusedAsync("POST", "store", """[{"key":"k","value":2,"etag":"old"}]"""));
        Same((409, "ERR_STATE_SAVE", null), await host.RefusedAsync("POST", "store", """[{"key":"k","value":2,"options":{"concurrency":"first-write"}}]"""));
        Same((409, "ERR_STATE_DELETE", null), await host.RefusedAsync("DELETE", "store/k", ifMatch: "old"));
        Same((500, "ERR_STATE_TRANSACTION", null), await host.RefusedAsync("POST", "store/transaction", """{"operations":[{"operation":"upsert","request":{"key":"new","value":1}},{"operation":"delete","request":{"key":"k","etag":"old"}}]}"""));
        StateItem outdated = new() { Key = "k", Etag = new Etag { Value = "old" } };
        Same((StatusCode.Aborted, null), await host.RefusedAsync("SaveState", new SaveStateRequest { StoreName = "store", States = { outdated } }));
        Same((StatusCode.Aborted, null), await host.RefusedAsync("DeleteState", new DeleteStateRequest { StoreName = "store", Key = "k", Etag = outdated.Etag }));
        Same((StatusCode.Aborted, null), await host.RefusedAsync("DeleteBulkState", new DeleteBulkStateRequest { StoreName = "store", States = { outdated } }));
        Same((StatusCode.Internal, null), await host.RefusedAsync("ExecuteStateTransaction", Transaction(("upsert", new StateItem { Key = "new" }), ("upsert", outdated))));
        Assert.Equal("1", await host.DoneAsync("GET", "store/k"));
        Assert.Equal(HttpStatusCode.NoContent, (await host.SendAsync("GET", "store/new")).StatusCode);
    }

    [Fact]
    public async Task ETag_OfNoFormOfTheStore_IsAnInvalidArgument()
    {
        await using StateApiHost host = await StateApiHost.StartAsync(new LimitedStore(Memory()) { Fault = new ETagMalformedException("k", "x") });
        Same((400, "ERR_STATE_SAVE", null), await host.RefusedAsync("POST", "store", """[{"key":"k","value":2,"etag":"x"}]"""));
        Same((400, "ERR_STATE_DELETE", null), await host.RefusedAsync("DELETE", "store/k", ifMatch: "x"));
        StateItem item = new() { Key = "k", Etag = new Etag { Value = "x" } };
        Same((StatusCode.InvalidArgument, null), await host.RefusedAsync("SaveState", new SaveStateRequest { StoreName = "store", States = { item } }));
        Same((StatusCode.InvalidArgument, null), await host.RefusedAsync("DeleteState", new DeleteStateRequest { StoreName = "store", Key = "k", Etag = item.Etag }));
    }

    [Fact]
    public async Task Store_ThatFails_IsToldByEachCall()
    {
        await using StateApiHost host = await StateApiHost.StartAsync(new LimitedStore(Memory()) { Fault = new IOException("the disk is gone") });
        Same((500, "ERR_STATE_GET", null), await host.RefusedAsync("GET", "store/k"));
        Same((500, "ERR_STATE_GET", null), await host.RefusedAsync("POST", "store/bulk", """{"keys":["k"]}"""));
        Same((500, "ERR_STATE_SAVE", null), await host.RefusedAsync("POST", "store", Item));
        Same((500, "ERR_STATE_DELETE", null), await host.RefusedAsync("DELETE", "store/k"));
        Same((500, "ERR_STATE_TRANSACTION", null), await host.RefusedAsync("POST", "store/transaction", """{"operations":[{"operation":"delete","request":{"key":"k"}}]}"""));
        Refusal refusal = await host.RefusedAsync("GetState", new GetStateRequest { StoreName = "store", Key = "k" });
        Same((StatusCode.Internal, null), refusal);
        Assert.Contains("the disk is gone", refusal.Message);
        Same((StatusCode.Internal, null), await host.RefusedAsync("SaveState", new SaveStateRequest { StoreName = "store", States = { new StateItem { Key = "k" } } }));
    }

    [Fact]
    public async Task Transaction_OnAStoreWithoutThem_IsRefusedWhileSingleChangesWork()
    {
        LimitedStore store = new(Memory()) { IsTransactional = false };
        await using StateApiHost host = await StateApiHost.StartAsync(store);
        Same((500, "ERR_STATE_STORE_NOT_SUPPORTED", "DAPR_STATE_TRANSACTIONS_NOT_SUPPORTED"), await host.RefusedAsync("POST", "store/transaction", """{"operations":[]}"""));
        Same((StatusCode.Unimplemented, "DAPR_STATE_TRANSACTIONS_NOT_SUPPORTED"), await host.RefusedAsync("ExecuteStateTransaction", Transaction()));
        await host.DoneAsync("POST", "store", """[{"key":"a","value":1},{"key":"b","value":2}]""");
        Assert.Equal([1, 1], store.Sizes);
    }

    [Fact]
    public async Task Transaction_OfTooManyOperations_IsRefusedWithBothNumbers()
    {
        LimitedStore store = new(Memory()) { MostOperations = 1 };
        await using StateApiHost host = await StateApiHost.StartAsync(store);
        Refusal refusal = await host.RefusedAsync("POST", "store/transaction", """{"operations":[{"operation":"upsert","request":{"key":"a","value":1}},{"operation":"upsert","request":{"key":"b","value":1}}]}""");
        Same((400, "ERR_STATE_STORE_TOO_MANY_TRANSACTIONS", "DAPR_STATE_TOO_MANY_TRANSACTIONS"), refusal);
        Assert.Contains("2 operations", refusal.Message);
        Same((StatusCode.InvalidArgument, "DAPR_STATE_TOO_MANY_TRANSACTIONS"), await host.RefusedAsync("ExecuteStateTransaction", Transaction(("upsert", new StateItem { Key = "a" }), ("delete", new StateItem { Key = "b" }))));
        Assert.Empty(store.Sizes);
    }

    [Fact]
    public async Task Transaction_UnknownOperation_IsRefused()
    {
        await using StateApiHost host = await StateApiHost.StartAsync(Memory());
        Same((400, "ERR_NOT_SUPPORTED_STATE_OPERATION", null), await host.RefusedAsync("POST", "store/transaction", """{"operations":[{"operation":"increment","request":{"key":"a"}}]}"""));
        Same((StatusCode.Unimplemented, null), await host.RefusedAsync("ExecuteStateTransaction", Transaction(("increment", new StateItem { Key = "a" }))));
    }

    [Fact]
    public async Task Save_SeveralItems_OneConflictStopsNoOther()
    {
        await using StateApiHost host = await StateApiHost.StartAsync(Memory());
        await host.DoneAsync("POST", "store", Item);
        Same((409, "ERR_STATE_SAVE", null), await host.RefusedAsync("POST", "store", """[{"key":"a","value":1},{"key":"k","value":2,"etag":"old"},{"key":"b","value":3}]"""));
        using JsonDocument found = JsonDocument.Parse(await host.DoneAsync("POST", "store/bulk", """{"keys":["a","k","b","none"],"parallelism":2}"""));
        Assert.Equal(["1", "1", "3", ""], found.RootElement.EnumerateArray().Select(i => i.TryGetProperty("data", out JsonElement data) ? data.GetRawText() : ""));
    }

    [Fact]
    public async Task Save_SeveralItemsWithoutConditions_AreOneRequestOfTheStore()
    {
        LimitedStore store = new(Memory());
        await using StateApiHost host = await StateApiHost.StartAsync(store);
        await host.DoneAsync("PUT", "store", """[{"key":"a","value":1},{"key":"b","value":2}]""");
        await host.CallAsync("DeleteBulkState", new DeleteBulkStateRequest { StoreName = "store", States = { new StateItem { Key = "a" }, new StateItem { Key = "b" }, new StateItem { Key = "c" } } }, Empty.Parser);
        Assert.Equal([2, 3], store.Sizes);
        Assert.Equal(HttpStatusCode.NoContent, (await host.SendAsync("GET", "store/a")).StatusCode);
    }

    [Theory]
    [InlineData("""{ "b" : 1.50,  "a":[ 1,2 ],"x":"\u00e9" }""")]
    [InlineData("\"text\"")]
    [InlineData("null")]
    public async Task Http_JsonValue_KeepsItsBytes(string json)
    {
        await using StateApiHost host = await StateApiHost.StartAsync(Memory());
        await host.DoneAsync("POST", "store", $$"""[{"key":"k","value":{{json}}}]""");
        HttpResponseMessage answer = await host.SendAsync("GET", "store/k");
        Assert.Equal((json, "application/json"), (await answer.Content.ReadAsStringAsync(), answer.Content.Headers.ContentType!.MediaType));
    }

    [Fact]
    public async Task Http_BytesOfTheOtherProtocol_AreBase64InAList()
    {
        await using StateApiHost host = await StateApiHost.StartAsync(Memory());
        byte[] bytes = [0, 255, 7];
        await host.CallAsync("SaveState", new SaveStateRequest { StoreName = "store", States = { new StateItem { Key = "k", Value = ByteString.CopyFrom(bytes) } } }, Empty.Parser);
        using JsonDocument found = JsonDocument.Parse(await host.DoneAsync("POST", "store/bulk", """{"keys":["k"]}"""));
        Assert.Equal(bytes, found.RootElement[0].GetProperty("data").GetBytesFromBase64());
        Assert.Equal(bytes, await host.Http.GetByteArrayAsync("/v1.0/state/store/k"));
    }

    [Fact]
    public async Task Grpc_ContentTypeJson_TakesJsonOnlyAndKeepsItsBytes()
    {
        await using StateApiHost host = await StateApiHost.StartAsync(Memory());
        await host.CallAsync("SaveState", Typed("""{ "a":1 }"""), Empty.Parser);
        Assert.Equal("""{ "a":1 }""", (await host.CallAsync("GetState", new GetStateRequest { StoreName = "store", Key = "k" }, GetStateResponse.Parser)).Data.ToStringUtf8());
        Same((StatusCode.InvalidArgument, null), await host.RefusedAsync("SaveState", Typed("no json")));

        static SaveStateRequest Typed(string value) =>
            new() { StoreName = "store", States = { new StateItem { Key = "k", Value = ByteString.CopyFromUtf8(value), Metadata = { ["contentType"] = "application/json; charset=utf-8" } } } };
    }

    [Fact]
    public async Task Ttl_OfTheItemOrTheWholeRequest_IsToldUntilItEnds()
    {
        ManualClock clock = new();
        await using StateApiHost host = await StateApiHost.StartAsync(new InMemoryStateStore(clock), clock);
        await host.DoneAsync("POST", "store?metadata.ttlInSeconds=5", Item);
        await host.DoneAsync("POST", "store", """[{"key":"item","value":1,"metadata":{"ttlInSeconds":"5"}},{"key":"ever","value":1,"metadata":{"ttlInSeconds":"-1"}}]""");
        foreach (string key in (string[])["k", "item"])
        {
            HttpResponseMessage answer = await host.SendAsync("GET", "store/" + key);
            Assert.Equal("2026-01-01T00:00:05.000Z", answer.Headers.GetValues("metadata.ttlExpireTime").Single());
        }

        GetBulkStateResponse found = await host.CallAsync("GetBulkState", new GetBulkStateRequest { StoreName = "store", Keys = { "k", "ever" } }, GetBulkStateResponse.Parser);
        Assert.Equal(["2026-01-01T00:00:05.000Z", null], found.Items.Select(i => i.Metadata.GetValueOrDefault("ttlExpireTime")));
        clock.Advance(TimeSpan.FromSeconds(5));
        GetStateResponse gone = await host.CallAsync("GetState", new GetStateRequest { StoreName = "store", Key = "k" }, GetStateResponse.Parser);
        Assert.Equal((0, ""), (gone.Data.Length, gone.Etag));
        Same((400, "ERR_STATE_SAVE", null), await host.RefusedAsync("POST", "store?metadata.ttlInSeconds=soon", Item));
        Same((400, "ERR_STATE_SAVE", null), await host.RefusedAsync("POST", "store?metadata.ttlInSeconds=-2", Item));
    }

    [Theory]
    [InlineData(null, "app||k")]
    [InlineData("appid", "app||k")]
    [InlineData("NAME", "store||k")]
    [InlineData("namespace", "default.app||k")]
    [InlineData("none", "k")]
    [InlineData("shared", "shared||k")]
    public async Task KeyPrefix_OfEachKind_IsWhatTheStoreSees(string? prefix, string stored)
    {
        IStateStore store = Memory();
        await using StateApiHost host = await StateApiHost.StartAsync(store, keyPrefix: prefix);
        await host.DoneAsync("POST", "store", Item);
        Assert.Equal("1", Encoding.UTF8.GetString((await store.GetAsync(stored, default))!.Value.Value));
    }

    private static InMemoryStateStore Memory() => new(TimeProvider.System);

    private static ExecuteStateTransactionRequest Transaction(params (string Kind, StateItem Item)[] operations) =>
        new() { StoreName = "store", Operations = { operations.Select(o => new TransactionalStateOperation { OperationType = o.Kind, Request = o.Item }) } };

    private static void Same((int Status, string Error, string? Reason) expected, Refusal refusal) => Assert.Equal(expected, (refusal.Code, refusal.Error!, refusal.Reason));

    private static void Same((StatusCode Code, string? Reason) expected, Refusal refusal) => Assert.Equal(expected, ((StatusCode)refusal.Code, refusal.Reason));
}
