using System.Net;
using System.Text;
using Grpc.Core;

namespace SkyDriver.Conformance.Tests.Runtime;

/// <summary>Four mebibytes are the most that either side sends in one message.</summary>
public sealed class LimitTests(DaprTarget target) : Suite(target)
{
    private const int Limit = 4 * 1024 * 1024;

    [Fact]
    public async Task Http_BodyTooLarge_IsRefused()
    {
        // The body waits for the answer, which would otherwise close the connection under it.
        using HttpRequestMessage request = new(HttpMethod.Post, "/v1.0/publish/pubsub-memory/plain") { Content = new ByteArrayContent(new byte[Limit + 1]) };
        request.Headers.ExpectContinue = true;
        using HttpResponseMessage answer = await Target.Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
    }

    [Fact]
    public async Task Http_BodyTooLargeOfUnknownLength_IsRefused()
    {
        using HttpRequestMessage request = new(HttpMethod.Post, "/v1.0/publish/pubsub-memory/plain") { Content = new StreamContent(new MemoryStream(new byte[Limit + 1])) };
        request.Headers.TransferEncodingChunked = true;
        using HttpResponseMessage answer = await Target.Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
    }

    [Fact]
    public async Task Grpc_MessageTooLarge_IsRefused()
    {
        // A client of its own, as the ordinary one would refuse to send it.
        using SkyDriver.Grpc.GrpcConnection connection = new(Target.GrpcEndpoint, new() { MaxMessageBytes = 2 * Limit });
        SkyDriver.Grpc.Protos.Runtime.PublishEventRequest request = new() { PubsubName = "pubsub-memory", Topic = "plain", Data = Google.Protobuf.ByteString.CopyFrom(new byte[Limit]) };
        RpcException fault = await Assert.ThrowsAsync<RpcException>(() => connection.UnaryAsync("/dapr.proto.runtime.v1.Dapr/PublishEvent", request, Google.Protobuf.WellKnownTypes.Empty.Parser));
        Assert.Equal(StatusCode.ResourceExhausted, fault.StatusCode);
    }

    [Fact]
    public async Task Http_NearlyTooLarge_IsTaken()
    {
        using HttpResponseMessage answer = await Target.Http.PostAsync("/v1.0/state/state-memory", new StringContent($$"""[{"key":"{{Key()}}","value":"{{new string('x', Limit - 200)}}"}]""", Encoding.UTF8, "application/json"));
        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
    }
}
