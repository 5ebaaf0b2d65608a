using System.Net;
using System.Text;
using System.Text.Json;
using Dapr.Client;
using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace SkyDriver.Conformance.Tests.Bindings;

/// <summary>Requests to systems outside: what is sent, what comes back, and what is refused. The HTTP binding leads to the app itself.</summary>
public sealed class OutputTests : Suite, IDisposable
{
    private const string Web = "binding-http";
    private const string Files = "binding-files";
    private readonly Inbox _inbox;

    public OutputTests(DaprTarget target)
        : base(target) => _inbox = target.App.Inboxes.Open(Token);

    public void Dispose() => _inbox.Dispose();

    [Theory]
    [BothProtocols("get", "GET"), BothProtocols("post", "POST"), BothProtocols("put", "PUT"), BothProtocols("delete", "DELETE"), BothProtocols("create", "POST")]
    public async Task Http_Operation_IsTheVerbOfTheRequest(Protocol protocol, string operation, string verb)
    {
        await Dapr(protocol).InvokeBindingAsync(Web, operation, null, Path($"/invoked/{Token}"));
        Delivery delivery = await _inbox.NextAsync();
        Assert.Equal((verb, $"/invoked/{Token}"), (delivery.Method, delivery.Path));
    }

    [Theory, BothProtocols]
    public async Task Http_Answer_ComesBackWithItsStatus(Protocol protocol)
    {
        _inbox.Answer = _ => Task.FromResult(Results.Text("""{"found":true}""", "application/json"));
        BindingReply reply = await Dapr(protocol).InvokeBindingAsync(Web, "get", null, Path($"/invoked/{Token}"));
        Assert.Equal("""{"found":true}""", reply.Text);
        Assert.Equal("200", reply.Metadata["statusCode"]);
    }

    [Theory, BothProtocols]
    public async Task Http_Metadata_AreHeadersOfTheRequest(Protocol protocol)
    {
        await Dapr(protocol).InvokeBindingAsync(Web, "get", null, new Dictionary<string, string> { ["path"] = "/invoked/headers", ["X-Colour"] = $"red {Token}" });
        Assert.Equal($"red {Token}", (await _inbox.NextAsync()).Headers["X-Colour"]);
    }

    [Fact]
    public async Task HttpApi_Data_ReachesTheComponentAsJsonText()
    {
        await Dapr(Protocol.Http).InvokeBindingAsync(Web, "post", JsonSerializer.SerializeToUtf8Bytes($"text {Token}"), Path("/invoked/text"));
        Assert.Equal($"\"text {Token}\"", (await _inbox.NextAsync()).Text);
    }

    [Fact]
    public async Task GrpcApi_Data_ReachesTheComponentUntouched()
    {
        byte[] bytes = [0xff, 0x00, .. Encoding.UTF8.GetBytes(Token)];
        await Dapr(Protocol.Grpc).InvokeBindingAsync(Web, "post", bytes, Path("/invoked/bytes"));
        Assert.Equal(bytes, (await _inbox.NextAsync()).Body);
    }

    [Theory, BothProtocols]
    public Task Http_AnswerThatIsNoSuccess_IsAFailure(Protocol protocol)
    {
        _inbox.Answer = _ => Task.FromResult(Results.StatusCode(418));
        return ExpectFailureAsync(() => Dapr(protocol).InvokeBindingAsync(Web, "get", null, Path($"/invoked/{Token}")));
    }

    [Theory, BothProtocols]
    public async Task Files_WhatWasCreated_IsReadListedAndDeleted(Protocol protocol)
    {
        string name = $"{Token}/{protocol}.json";
        await Dapr(protocol).InvokeBindingAsync(Files, "create", """{"x":1}"""u8.ToArray(), File(name));
        Assert.Equal("""{"x":1}""", (await Dapr(protocol).InvokeBindingAsync(Files, "get", null, File(name))).Text);
        Assert.Contains(name, (await Dapr(protocol).InvokeBindingAsync(Files, "list", null, File(Token))).Text.Replace("\\/", "/", StringComparison.Ordinal), StringComparison.Ordinal);
        await Dapr(protocol).InvokeBindingAsync(Files, "delete", null, File(name));
        await ExpectFailureAsync(() => Dapr(protocol).InvokeBindingAsync(Files, "get", null, File(name)));
    }

    [Theory, BothProtocols("../outside"), BothProtocols("../../etc/passwd")]
    public Task Files_NameThatLeadsOutside_IsRefused(Protocol protocol, string name) =>
        ExpectFailureAsync(() => Dapr(protocol).InvokeBindingAsync(Files, "get", null, File(name)));

    [Theory, BothProtocols]
    public Task Invoke_UnknownBinding_IsRefused(Protocol protocol) => ExpectFailureAsync(() => Dapr(protocol).InvokeBindingAsync("no-such-binding", "get"));

    [Theory, BothProtocols]
    public Task Invoke_UnsupportedOperation_IsRefused(Protocol protocol) => ExpectFailureAsync(() => Dapr(protocol).InvokeBindingAsync(Files, "explode"));

    [Theory, BothProtocols]
    public Task Invoke_NoOperation_IsRefused(Protocol protocol) => ExpectFailureAsync(() => Dapr(protocol).InvokeBindingAsync(Files, ""));

    [Fact]
    public async Task HttpApi_BodyThatCannotBeRead_IsRefused()
    {
        HttpResponseMessage answer = await Target.Http.PostAsync($"/v1.0/bindings/{Files}", new StringContent("no json"));
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains("\"ERR_MALFORMED_REQUEST\"", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sdk_Invoke_GivesDataAndMetadata()
    {
        _inbox.Answer = _ => Task.FromResult(Results.Text("41", "application/json"));
        BindingRequest request = new(Web, "post") { Data = Encoding.UTF8.GetBytes(Token) };
        request.Metadata["path"] = "/invoked/sdk";
        BindingResponse response = await Target.Client.InvokeBindingAsync(request);
        Assert.Equal("41", Encoding.UTF8.GetString(response.Data.Span));
        Assert.Equal("200", response.Metadata["statusCode"]);
    }

    private static Dictionary<string, string> Path(string path) => new() { ["path"] = path };

    private static Dictionary<string, string> File(string name) => new() { ["fileName"] = name };

    private static Task ExpectFailureAsync(Func<Task> call) => DaprRefusal.ExpectAsync(call, 500, "ERR_INVOKE_OUTPUT_BINDING", StatusCode.Internal);
}
