using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using Amazon.S3.Transfer;

namespace SkyDriver.Worker.Agent.Staging;

/// <summary>Objects of S3 and of what speaks like it: <c>s3://BUCKET/KEY</c>.</summary>
/// <remarks>
/// Credentials, region and endpoint come from where every S3 tool finds them: <c>AWS_ACCESS_KEY_ID</c>, <c>AWS_SECRET_ACCESS_KEY</c>,
/// <c>AWS_REGION</c>, <c>AWS_ENDPOINT_URL_S3</c> or <c>AWS_ENDPOINT_URL</c>, or the user's files. Commands never see them.
/// </remarks>
internal sealed class S3Store(Uri? endpoint, string region) : IFileStore, IDisposable
{
    private readonly Lazy<AmazonS3Client> _client = new(() => Connect(endpoint, region));

    public static S3Store FromEnvironment() => new(
        Uri.TryCreate(Environment.GetEnvironmentVariable("AWS_ENDPOINT_URL_S3") ?? Environment.GetEnvironmentVariable("AWS_ENDPOINT_URL"), UriKind.Absolute, out Uri? endpoint) ? endpoint : null,
        Environment.GetEnvironmentVariable("AWS_REGION") ?? Environment.GetEnvironmentVariable("AWS_DEFAULT_REGION") ?? "us-east-1");

    public Task<IReadOnlyList<StoredFile>> ListAsync(string uri, CancellationToken stop) => GuardAsync<IReadOnlyList<StoredFile>>(uri, async () =>
    {
        (string bucket, string key) = Split(uri);
        if (!uri.EndsWith('/'))
        {
            GetObjectMetadataResponse one = await _client.Value.GetObjectMetadataAsync(bucket, key, stop);
            return [new(uri, key[(key.LastIndexOf('/') + 1)..], one.ETag)];
        }

        List<StoredFile> all = [];
        await foreach (S3Object one in _client.Value.Paginators.ListObjectsV2(new() { BucketName = bucket, Prefix = key }).S3Objects.WithCancellation(stop))
        {
            if (!one.Key.EndsWith('/')) all.Add(new($"s3://{bucket}/{one.Key}", StagedUri.Within(one.Key[key.Length..], one.Key), one.ETag));
        }

        return all.Count > 0 ? all : throw new StagingException($"There is nothing below {uri}.");
    });

    public Task FetchAsync(string uri, string path, CancellationToken stop) => GuardAsync(uri, async () =>
    {
        (string bucket, string key) = Split(uri);
        using GetObjectResponse answer = await _client.Value.GetObjectAsync(bucket, key, stop);
        await using FileStream file = new(path, FileMode.CreateNew);
        await answer.ResponseStream.CopyToAsync(file, stop);
        return true;
    });

    public Task PutAsync(string path, string uri, CancellationToken stop) => GuardAsync(uri, async () =>
    {
        (string bucket, string key) = Split(uri);
        // In parts, where the object is large.
        using TransferUtility transfer = new(_client.Value);
        await transfer.UploadAsync(new TransferUtilityUploadRequest { BucketName = bucket, Key = key, FilePath = path }, stop);
        return true;
    });

    public void Dispose()
    {
        if (_client.IsValueCreated) _client.Value.Dispose();
    }

    private static AmazonS3Client Connect(Uri? endpoint, string region)
    {
        AmazonS3Config config = new()
        {
            AuthenticationRegion = region,
            // Stores other than the original know neither virtual hosts nor checksums behind the body.
            ForcePathStyle = endpoint is not null,
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
        };
        if (endpoint is null) config.RegionEndpoint = Amazon.RegionEndpoint.GetBySystemName(region);
        else config.ServiceURL = endpoint.ToString();
        return new(config);
    }

    private static (string Bucket, string Key) Split(string uri)
    {
        string path = uri["s3://".Length..];
        int slash = path.IndexOf('/');
        return slash > 0 ? (path[..slash], path[(slash + 1)..]) : throw new StagingException($"'{uri}' is no object; give s3://BUCKET/KEY.");
    }

    private static async Task<T> GuardAsync<T>(string uri, Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (AmazonS3Exception refused) when ((int)refused.StatusCode is >= 400 and < 500 and not 408 and not 429)
        {
            throw new StagingException($"{uri}: the store answers {(int)refused.StatusCode} {refused.ErrorCode}", refused);
        }
        catch (Exception away) when (away is AmazonServiceException or AmazonClientException)
        {
            throw new IOException($"{uri}: {away.Message}", away);
        }
    }
}
