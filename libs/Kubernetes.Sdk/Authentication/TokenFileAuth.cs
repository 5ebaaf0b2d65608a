using System.Net.Http.Headers;

namespace k8s.Authentication;

/// <summary>A token in a file that others renew, as the kubelet does with that of a service account.</summary>
/// <remarks>Read for every request: the file is small and in memory, and a token that was kept may be one that expired.</remarks>
public class TokenFileAuth(string tokenFile) : ITokenProvider
{
    public async Task<AuthenticationHeaderValue> GetAuthenticationHeaderAsync(CancellationToken cancellationToken) =>
        new("Bearer", (await File.ReadAllTextAsync(tokenFile, cancellationToken)).Trim());
}
