using System.Net;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace SkyDriver.Conformance.Tests.Runtime;

/// <summary>Parts of Dapr that the embedded sidecar does not have say so.</summary>
public sealed class UnimplementedTests : Suite
{
    public UnimplementedTests(DaprTarget target)
        : base(target) => Assert.SkipWhen(target.IsDaprd, "daprd has what is missing here");

    [Theory]
    [InlineData("GET", "/v1.0/configuration/store?key=a")]
    [InlineData("POST", "/v1.0-alpha1/lock/store")]
    [InlineData("POST", "/v1.0-alpha1/unlock/store")]
    [InlineData("POST", "/v1.0-alpha1/state/state-memory/query")]
    [InlineData("PUT", "/v1.0-alpha1/crypto/store/encrypt")]
    public async Task Http_PartThatIsNotHere_Is501(string verb, string path)
    {
        using HttpRequestMessage request = new(new HttpMethod(verb), path);
        using HttpResponseMessage answer = await Target.Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.NotImplemented, answer.StatusCode);
        Assert.Contains("\"ERR_API_UNIMPLEMENTED\"", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GetConfiguration")]
    [InlineData("SubscribeConfiguration")]
    [InlineData("UnsubscribeConfiguration")]
    [InlineData("TryLockAlpha1")]
    [InlineData("UnlockAlpha1")]
    [InlineData("QueryStateAlpha1")]
    [InlineData("SubtleEncryptAlpha1")]
    [InlineData("ConverseAlpha1")]
    [InlineData("NoSuchMethod")]
    public async Task Grpc_PartThatIsNotHere_IsUnimplemented(string method)
    {
        RpcException fault = await Assert.ThrowsAsync<RpcException>(() => Target.Grpc.CallAsync(method, new Empty(), Empty.Parser));
        Assert.Equal(StatusCode.Unimplemented, fault.StatusCode);
    }
}
