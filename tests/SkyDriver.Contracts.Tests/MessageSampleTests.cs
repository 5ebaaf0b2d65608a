using Google.Protobuf;

namespace SkyDriver.Contracts.Tests;

/// <summary>Messages written by any released version stay readable, and mean the same.</summary>
public class MessageSampleTests
{
    [Fact]
    public void PixelBatchV1_ReleasedSample_ReadsAsWritten() =>
        Assert.Equal(SampleMessages.PixelBatch(), PixelBatchV1.Parser.ParseFrom(Sample("pixel-batch.v1.bin")));

    [Fact]
    public void PixelBatchV1_Written_HasBytesOfSample() =>
        Assert.Equal(Sample("pixel-batch.v1.bin"), SampleMessages.PixelBatch().ToByteArray());

    [Fact]
    public void RecoBatchV1_ReleasedSample_ReadsAsWritten() =>
        Assert.Equal(SampleMessages.RecoBatch(), RecoBatchV1.Parser.ParseFrom(Sample("reco-batch.v1.bin")));

    [Fact]
    public void RecoBatchV1_Written_HasBytesOfSample() =>
        Assert.Equal(Sample("reco-batch.v1.bin"), SampleMessages.RecoBatch().ToByteArray());

    [Fact]
    public void PixelBatchV1_LargestBatch_StaysBelowSizeLimit()
    {
        PixelBatchV1 batch = SampleMessages.PixelBatch();
        PixelVariationV1 largest = batch.Variations[1];
        batch.Variations.Clear();
        for (int i = 0; i < 256; i++) batch.Variations.Add(largest.Clone());
        Assert.InRange(batch.CalculateSize(), 1, 256 * 1024);
    }

    private static byte[] Sample(string name) =>
        File.ReadAllBytes(Path.Combine(TestPaths.Repository, "tests", "SkyDriver.Contracts.Tests", "Samples", name));
}
