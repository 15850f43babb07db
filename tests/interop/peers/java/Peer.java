import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.RandomAccessFile;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import javax.crypto.spec.SecretKeySpec;
import software.amazon.awssdk.awscore.AwsRequestOverrideConfiguration;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.apache.ApacheHttpClient;
import software.amazon.awssdk.protocols.jsoncore.JsonNode;
import software.amazon.awssdk.protocols.jsoncore.JsonWriter;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.kms.KmsClient;
import software.amazon.awssdk.services.s3.S3AsyncClient;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.SdkPartType;
import software.amazon.encryption.s3.CommitmentPolicy;
import software.amazon.encryption.s3.S3EncryptionClient;
import software.amazon.encryption.s3.algorithms.AlgorithmSuite;
import software.amazon.encryption.s3.internal.InstructionFileConfig;
import software.amazon.encryption.s3.internal.ReEncryptInstructionFileRequest;
import software.amazon.encryption.s3.materials.AesKeyring;
import software.amazon.encryption.s3.materials.KmsKeyring;
import software.amazon.encryption.s3.materials.MaterialsDescription;
import software.amazon.encryption.s3.materials.PartialRsaKeyPair;
import software.amazon.encryption.s3.materials.RawKeyring;
import software.amazon.encryption.s3.materials.RsaKeyring;
import software.amazon.encryption.s3.materials.S3Keyring;

/** AWS's S3 Encryption Client for Java, told what to do by lines of JSON; tests/interop/README.md has the protocol. */
public final class Peer {
  private static final int PART_LENGTH = 5 << 20;
  private static final Region REGION = Region.of(System.getenv("AWS_REGION"));
  private static final URI ENDPOINT = URI.create(System.getenv("INTEROP_ENDPOINT"));
  // The client does not close the answers that bring instruction files: each takes a connection for good.
  private static final S3Client S3 =
      S3Client.builder()
          .region(REGION)
          .endpointOverride(ENDPOINT)
          .forcePathStyle(true)
          .httpClientBuilder(ApacheHttpClient.builder().maxConnections(2000))
          .build();
  private static final S3AsyncClient S3_ASYNC =
      S3AsyncClient.builder().region(REGION).endpointOverride(ENDPOINT).forcePathStyle(true).build();
  private static final KmsClient KMS = KmsClient.builder().region(REGION).endpointOverride(ENDPOINT).build();

  public static void main(String[] arguments) throws IOException {
    var lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    System.out.println("{\"ready\":true}");
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      System.out.println(answer(line));
    }
    System.exit(0);
  }

  private static String answer(String line) {
    try {
      perform(JsonNode.parser().parse(line));
      return "{\"ok\":true}";
    } catch (Exception error) {
      var text = new StringBuilder();
      for (Throwable cause = error; cause != null; cause = cause.getCause()) {
        text.append(cause).append("; ");
      }
      var json = JsonWriter.create();
      json.writeStartObject().writeFieldName("error").writeValue(text.toString()).writeEndObject();
      return new String(json.getBytes(), StandardCharsets.UTF_8);
    }
  }

  private static void perform(JsonNode request) throws IOException, GeneralSecurityException {
    // Closing it would close the clients within.
    var client = clientFor(request);
    switch (text(request, "op")) {
      case "put" -> put(client, request);
      case "get" -> get(client, request);
      case "delete" -> client.deleteObject(b -> b.bucket(text(request, "bucket")).key(text(request, "key")));
      case "reEncrypt" -> reEncrypt(client, request);
      default -> throw new IllegalArgumentException("unknown operation");
    }
  }

  private static S3EncryptionClient clientFor(JsonNode request) throws GeneralSecurityException {
    boolean isV2 = text(request, "format").equals("V2");
    var files = InstructionFileConfig.builder().instructionFileClient(S3);
    return S3EncryptionClient.builderV4()
        .wrappedClient(S3)
        .wrappedAsyncClient(S3_ASYNC)
        .keyring(keyring(request.field("keyring").orElseThrow()))
        .encryptionAlgorithm(
            isV2
                ? AlgorithmSuite.ALG_AES_256_GCM_IV12_TAG16_NO_KDF
                : AlgorithmSuite.ALG_AES_256_GCM_HKDF_SHA512_COMMIT_KEY)
        .commitmentPolicy(
            isV2
                ? CommitmentPolicy.FORBID_ENCRYPT_ALLOW_DECRYPT
                : CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT)
        .instructionFileConfig(files.enableInstructionFilePutObject(isSet(request, "instructionFile")).build())
        .build();
  }

  private static S3Keyring keyring(JsonNode keyring) throws GeneralSecurityException {
    return switch (text(keyring, "kind")) {
      case "kms" -> KmsKeyring.builder().kmsClient(KMS).wrappingKeyId(text(keyring, "keyId")).build();
      default -> rawKeyring(keyring);
    };
  }

  private static RawKeyring<?> rawKeyring(JsonNode keyring) throws GeneralSecurityException {
    var description = MaterialsDescription.builder().putAll(map(keyring, "description")).build();
    if (text(keyring, "kind").equals("aes")) {
      var key = new SecretKeySpec(bytes(keyring, "key"), "AES");
      return AesKeyring.builder().wrappingKey(key).materialsDescription(description).build();
    }
    var keys = KeyFactory.getInstance("RSA");
    PublicKey publicKey = keys.generatePublic(new X509EncodedKeySpec(bytes(keyring, "publicKey")));
    PrivateKey privateKey = keys.generatePrivate(new PKCS8EncodedKeySpec(bytes(keyring, "privateKey")));
    var pair = PartialRsaKeyPair.builder().publicKey(publicKey).privateKey(privateKey).build();
    return RsaKeyring.builder().wrappingKeyPair(pair).materialsDescription(description).build();
  }

  private static void put(S3EncryptionClient client, JsonNode request) throws IOException {
    var file = Path.of(text(request, "file"));
    if (isSet(request, "parts")) {
      putParts(client, request, file);
      return;
    }
    client.putObject(
        b -> b.bucket(text(request, "bucket")).key(text(request, "key")).overrideConfiguration(context(request)),
        RequestBody.fromFile(file));
  }

  private static void putParts(S3EncryptionClient client, JsonNode request, Path path) throws IOException {
    String bucket = text(request, "bucket");
    String key = text(request, "key");
    var upload = client.createMultipartUpload(b -> b.bucket(bucket).key(key).overrideConfiguration(context(request)));
    List<CompletedPart> parts = new ArrayList<>();
    try (var file = new RandomAccessFile(path.toFile(), "r")) {
      while (file.getFilePointer() < file.length()) {
        byte[] part = new byte[(int) Math.min(PART_LENGTH, file.length() - file.getFilePointer())];
        file.readFully(part);
        boolean isLast = file.getFilePointer() == file.length();
        int number = parts.size() + 1;
        var stored =
            client.uploadPart(
                b ->
                    b.bucket(bucket)
                        .key(key)
                        .uploadId(upload.uploadId())
                        .partNumber(number)
                        .sdkPartType(isLast ? SdkPartType.LAST : SdkPartType.DEFAULT),
                RequestBody.fromBytes(part));
        parts.add(CompletedPart.builder().partNumber(number).eTag(stored.eTag()).build());
      }
    }
    client.completeMultipartUpload(
        b -> b.bucket(bucket).key(key).uploadId(upload.uploadId()).multipartUpload(m -> m.parts(parts)));
  }

  private static void get(S3EncryptionClient client, JsonNode request) throws IOException {
    Consumer<AwsRequestOverrideConfiguration.Builder> configuration = context(request);
    var suffix = request.field("suffix");
    if (suffix.isPresent()) {
      configuration = configuration.andThen(S3EncryptionClient.withCustomInstructionFileSuffix(suffix.get().text()));
    }
    var complete = configuration;
    try (var object =
        client.getObject(
            b -> b.bucket(text(request, "bucket")).key(text(request, "key")).overrideConfiguration(complete))) {
      Files.write(Path.of(text(request, "file")), object.readAllBytes());
    }
  }

  private static void reEncrypt(S3EncryptionClient client, JsonNode request) throws GeneralSecurityException {
    ReEncryptInstructionFileRequest.Builder rotation = ReEncryptInstructionFileRequest.builder();
    rotation.bucket(text(request, "bucket")).key(text(request, "key"));
    rotation.newKeyring(rawKeyring(request.field("newKeyring").orElseThrow()));
    request.field("suffix").ifPresent(suffix -> rotation.instructionFileSuffix(suffix.text()));
    client.reEncryptInstructionFile(rotation.build());
  }

  private static Consumer<AwsRequestOverrideConfiguration.Builder> context(JsonNode request) {
    var context = map(request, "context");
    // Raw keyrings warn about any, even an empty one.
    return context.isEmpty() ? b -> {} : S3EncryptionClient.withAdditionalConfiguration(context);
  }

  private static String text(JsonNode node, String name) {
    return node.field(name).orElseThrow(() -> new IllegalArgumentException(name + " is missing")).text();
  }

  private static byte[] bytes(JsonNode node, String name) {
    return Base64.getDecoder().decode(text(node, name));
  }

  private static boolean isSet(JsonNode node, String name) {
    return node.field(name).map(JsonNode::asBoolean).orElse(false);
  }

  private static Map<String, String> map(JsonNode node, String name) {
    Map<String, String> map = new HashMap<>();
    node.field(name).ifPresent(pairs -> pairs.asObject().forEach((key, value) -> map.put(key, value.text())));
    return map;
  }
}
