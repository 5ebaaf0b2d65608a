using System.Net;
using System.Text;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using SkyDriver.Grpc.Protos.Common;
using SkyDriver.Grpc.Protos.Runtime;

namespace SkyDriver.Conformance.Tests.Invocation;

/// <summary>Calls from app to app: here, of the app to itself through its sidecar.</summary>
public sealed class InvocationTests : Suite, IDisposable
{
    private readonly Inbox _inbox;

    public InvocationTests(DaprTarget target)
        : base(target) => _inbox = target.App.Inboxes.Open(Token);

    private string Route => $"/v1.0/invoke/{DaprTarget.AppId}/method/invoked/one?token={Token}";

    public void Dispose() => _inbox.Dispose();

    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    [InlineData("PUT")]
    [InlineData("PATCH")]
    [InlineData("DELETE")]
    public async Task Http_AnyVerb_ReachesTheApp(string verb)
    {
        using HttpRequestMessage request = new(new HttpMethod(verb), Route);
        using HttpResponseMessage response = await Target.Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Delivery delivery = await _inbox.NextAsync();
        Assert.Equal((verb, "/invoked/one", $"?token={Token}"), (delivery.Method, delivery.Path, delivery.Query));
    }

    [Fact]
    public async Task Http_BodyAndHeaders_GoThereAndBack()
    {
        _inbox.Answer = delivery => Task.FromResult(Results.Bytes([.. delivery.Body, 0xfe], "application/x-mine"));
        using HttpRequestMessage request = new(HttpMethod.Post, Route) { Content = new ByteArrayContent([0xff, 0x00]) };
        request.Headers.Add("X-Colour", "red");
        request.Content.Headers.ContentType = new("application/x-yours");
        using HttpResponseMessage response = await Target.Http.SendAsync(request);
        Delivery delivery = await _inbox.NextAsync();
        Assert.Equal(("red", "application/x-yours"), (delivery.Headers["X-Colour"], delivery.Headers["Content-Type"]));
        Assert.Equal([0xff, 0x00, 0xfe], await response.Content.ReadAsByteArrayAsync());
        Assert.Equal("application/x-mine", response.Content.Headers.ContentType?.MediaType);
    }

    [Theory]
    [InlineData(201)]
    [InlineData(302)]
    [InlineData(404)]
    [InlineData(409)]
    [InlineData(500)]
    [InlineData(503)]
    public async Task Http_StatusOfTheApp_ComesBackAsItIs(int status)
    {
        _inbox.Answer = _ => Task.FromResult(Results.Text("in its own words", "text/plain", statusCode: status));
        using HttpClient http = new(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = Target.Http.BaseAddress };
        using HttpResponseMessage response = await http.PostAsync(Route, null);
        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal("in its own words", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Http_HeaderWithTheAppId_IsAsGoodAsThePath()
    {
        using HttpRequestMessage request = new(HttpMethod.Get, $"/invoked/by-header?token={Token}");
        request.Headers.Add("dapr-app-id", DaprTarget.AppId);
        using HttpResponseMessage response = await Target.Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("/invoked/by-header", (await _inbox.NextAsync()).Path);
    }

    [Fact]
    public async Task Http_Callee_SeesWhoCalls()
    {
        await Target.Http.GetAsync(Route);
        Delivery delivery = await _inbox.NextAsync();
        Assert.Equal((DaprTarget.AppId, DaprTarget.AppId), (delivery.Headers["dapr-caller-app-id"], delivery.Headers["dapr-callee-app-id"]));
    }

    [Fact]
    public async Task Http_UnknownApp_IsRefused()
    {
        using HttpResponseMessage response = await Target.Http.GetAsync("/v1.0/invoke/no-such-app/method/x");
        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        Assert.Contains("\"ERR_DIRECT_INVOKE\"", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Http_PathWithEscapes_ReachesTheAppDecodedOnce()
    {
        await Target.Http.GetAsync($"/v1.0/invoke/{DaprTarget.AppId}/method/invoked/a%20b/c?token={Token}");
        Assert.Equal("/invoked/a b/c", (await _inbox.NextAsync()).Path);
    }

    [Fact]
    public async Task Grpc_Call_GivesTheAnswerOfTheApp()
    {
        _inbox.Answer = delivery => Task.FromResult(Results.Text($"{delivery.Method} {delivery.Query} {delivery.Text}", "text/plain"));
        InvokeResponse response = await Target.Grpc.InvokeServiceAsync(Request("invoked/grpc", HttpExtension.Types.Verb.Put));
        Assert.Equal($"PUT ?x=1 {Token}", response.Data.Value.ToStringUtf8());
        Assert.StartsWith("text/plain", response.ContentType, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(400, StatusCode.Internal)]
    [InlineData(403, StatusCode.PermissionDenied)]
    [InlineData(404, StatusCode.NotFound)]
    [InlineData(409, StatusCode.AlreadyExists)]
    [InlineData(503, StatusCode.Unavailable)]
    public async Task Grpc_StatusOfTheApp_BecomesOneOfGrpc(int status, StatusCode expected)
    {
        _inbox.Answer = _ => Task.FromResult(Results.StatusCode(status));
        RpcException fault = await Assert.ThrowsAsync<RpcException>(() => Target.Grpc.InvokeServiceAsync(Request("invoked/grpc", HttpExtension.Types.Verb.Post)));
        Assert.Equal(expected, fault.StatusCode);
    }

    [Fact]
    public async Task Sdk_InvokableClient_CallsTheAppByItsId()
    {
        _inbox.Answer = _ => Task.FromResult(Results.Text("hello"));
        using HttpClient app = Target.Client.CreateInvokableHttpClient(DaprTarget.AppId);
        Assert.Equal("hello", await app.GetStringAsync($"/invoked/sdk?token={Token}"));
    }

    private InvokeServiceRequest Request(string method, HttpExtension.Types.Verb verb) => new()
    {
        Id = DaprTarget.AppId,
        Message = new InvokeRequest
        {
            Method = method,
            Data = new Any { Value = ByteString.CopyFrom(Token, Encoding.UTF8) },
            ContentType = "text/plain",
            HttpExtension = new HttpExtension { Verb = verb, Querystring = "x=1" },
        },
    };
}
