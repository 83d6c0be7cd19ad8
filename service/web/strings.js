/** @file Every word of the page, in English and in Portuguese. */

/** @typedef {(key: Key, values?: Record<string, string | number>) => string} Text */
/** @typedef {keyof typeof STRINGS} Key */

export const STRINGS = {
  // The page
  views: ["Views", "Vistas"],
  view_digit: ["Digit", "Algarismo"],
  view_convolution: ["Convolution", "Convolução"],
  view_pictures: ["Pictures", "Imagens"],
  view_pooling: ["Pooling", "Pooling"],
  view_channels: ["Channels", "Canais"],
  view_signals: ["Signals", "Sinais"],
  view_cost: ["Cost", "Custo"],
  view_training: ["Training", "Treino"],
  share: ["Copy a link to what is shown", "Copiar uma ligação para o que se vê"],
  copied: ["Copied", "Copiado"],
  not_copied: ["The browser does not let this page copy", "O navegador não deixa copiar"],
  theme: ["Light or dark", "Claro ou escuro"],
  no_service: [
    "The service does not answer. This page goes on by itself when it does.",
    "O serviço não responde. Esta página continua sozinha quando ele responder.",
  ],
  tried_again: ["This page tries again by itself.", "Esta página tenta de novo sozinha."],
  no_reason: ["The service answers with an error", "O serviço responde com um erro"],
  no_answer: ["No answer", "Sem resposta"],
  settings: ["Settings", "Definições"],
  none: ["none", "nenhuma"],
  custom: ["custom", "própria"],

  // Digit
  paper: ["Paper to draw a digit on", "Papel para desenhar um algarismo"],
  draw_here: ["Draw a digit here, or drop a picture", "Desenhe aqui um algarismo, ou largue uma imagem"],
  paper_full: [
    "The paper is full: a link holds no more. Undo, or clear it.",
    "O papel está cheio: uma ligação não leva mais. Desfaça ou limpe.",
  ],
  picture_not_sent: [
    "A link has no picture in it: choose the picture again, or draw",
    "Uma ligação não leva imagens: escolha a imagem de novo, ou desenhe",
  ],
  draw_something: ["Draw something", "Desenhe algo"],
  no_ink: ["No ink was found", "Não se encontrou tinta"],
  several: ["More than one digit, it seems", "Parece mais do que um algarismo"],
  no_digit: ["Not a digit, it seems", "Não parece um algarismo"],
  confidence: ["{percent} % sure", "{percent} % de certeza"],
  probabilities: ["Probabilities in percent", "Probabilidades em percentagem"],
  answer: ["Answer", "Resposta"],
  answer_of: ["Answer of {network}", "Resposta de {network}"],
  reads: ["reads {digit}, {said}", "lê {digit}, {said}"],
  undo: ["Undo", "Desfazer"],
  clear: ["Clear", "Limpar"],
  brush: ["Brush width", "Largura do traço"],
  picture: ["Picture…", "Imagem…"],
  no_picture: [
    "This page could not read that file as a picture. It takes PNG, JPEG, WebP, GIF and BMP.",
    "Esta página não conseguiu ler esse ficheiro como imagem. Aceita PNG, JPEG, WebP, GIF e BMP.",
  ],
  samples: ["Sample digits", "Algarismos de exemplo"],
  sample: ["Draw a {digit}", "Desenhar um {digit}"],
  preparation: ["Preparation", "Preparação"],
  prepare: ["Prepare the drawing as MNIST was made", "Preparar o desenho como no MNIST"],
  unprepared: [
    "Only shrunk to 28×28: move the digit, or draw it small, and see what that does to the answer.",
    "Apenas reduzido a 28×28: desloque o algarismo, ou desenhe-o pequeno, e veja o efeito na resposta.",
  ],
  step_framed: ["framed as in MNIST", "enquadrado como no MNIST"],
  step_levels: ["ink found by its level", "tinta encontrada pelo nível"],
  step_levelled: [
    "light made even, ink found by its level",
    "luz uniformizada, tinta encontrada pelo nível",
  ],
  step_network: ["ink found by a network (looks: {looks})", "tinta encontrada por uma rede (vistas: {looks})"],
  step_inverted: ["turned to light on black", "invertido: claro sobre preto"],
  step_polarity_kept: ["light on black already", "já claro sobre preto"],
  step_box: [
    "digit’s box {height}×{width} px at ({top}, {left})",
    "caixa do algarismo {height}×{width} px em ({top}, {left})",
  ],
  step_scale: ["scaled by {scale}, its longer side to 20 px", "escala {scale}: lado maior com 20 px"],
  step_shift: ["moved {ways}: mass at the centre", "deslocado {ways}: massa no centro"],
  step_no_shift: ["mass at the centre already", "massa já no centro"],
  way_up: ["{count} up", "{count} para cima"],
  way_down: ["{count} down", "{count} para baixo"],
  way_left: ["{count} left", "{count} para a esquerda"],
  way_right: ["{count} right", "{count} para a direita"],
  input: ["Input", "Entrada"],
  parameters: ["{count} par.", "{count} par."],
  network_total: ["version {version}, {count} parameters", "versão {version}, {count} parâmetros"],
  point_at_a_cell: [
    "Point at a cell to see its window and its receptive field; click to take it apart.",
    "Aponte para uma célula para ver a sua janela e o seu campo recetivo; clique para a decompor.",
  ],
  scale: [
    "Colour scale: blue is negative, neutral is zero, red is positive",
    "Escala de cor: azul negativo, neutro zero, vermelho positivo",
  ],
  scale_low: ["−max", "−máx"],
  scale_high: ["+max of each layer", "+máx de cada camada"],
  map_role: ["feature maps", "mapas de características"],
  map_keys: [
    "Arrow keys move the pinned cell, Page Up and Page Down change the map, Escape lets go.",
    "As setas movem a célula fixada, Page Up e Page Down mudam de mapa, Escape larga.",
  ],
  row_column: ["row {row}, column {column}", "linha {row}, coluna {column}"],
  map_number: ["map {map}", "mapa {map}"],
  unit: ["unit {unit}", "unidade {unit}"],
  move_cell: ["Move the pinned cell", "Mover a célula fixada"],
  cell_left: ["One column back", "Uma coluna atrás"],
  cell_up: ["One row up", "Uma linha acima"],
  cell_down: ["One row down", "Uma linha abaixo"],
  cell_right: ["One column on", "Uma coluna adiante"],
  map_before: ["Map before", "Mapa anterior"],
  map_after: ["Next map", "Mapa seguinte"],
  let_go: ["Let go of the cell", "Largar a célula"],
  inspector: ["The pinned cell", "A célula fixada"],
  input_cell: [
    "A pixel of the prepared image; divided by 255 the network sees {share}.",
    "Um píxel da imagem preparada; dividido por 255, a rede vê {share}.",
  ],
  flatten_cell: [
    "Flattening only puts the maps in one row: nothing is computed.",
    "O achatamento apenas põe os mapas em fila: nada se calcula.",
  ],
  unknown_cell: [
    "How a layer of the type {type} computes, as the card describes it, is not known here: its maps are shown.",
    "Não se sabe aqui como calcula uma camada do tipo {type}, tal como o cartão a descreve: mostram-se os mapas.",
  ],
  network_failed: ["This network cannot be shown: {reason}", "Esta rede não pode ser mostrada: {reason}"],
  padding_cell: [
    "The value of {place}: padding only moves it.",
    "O valor de {place}: o preenchimento apenas o desloca.",
  ],
  padding_input: [
    "The value of {place}, divided by 255: padding only moves it.",
    "O valor de {place}, dividido por 255: o preenchimento apenas o desloca.",
  ],
  padding_margin: [
    "A zero of the margin, which lies around the layer before.",
    "Um zero da margem, que fica ao redor da camada anterior.",
  ],
  bitmap: ["Bitmap of the digit", "Mapa de bits do algarismo"],
  squares: ["Squared differences", "Diferenças ao quadrado"],
  window: ["Window", "Janela"],
  kernel: ["Kernel", "Núcleo"],
  products: ["Products", "Produtos"],
  mean_of_window: ["Mean of the window", "Média da janela"],
  by_coefficient: ["By the map’s coefficient", "Pelo coeficiente do mapa"],
  rounded: [
    "Cells have two decimals; sums are of the numbers as they are.",
    "As células têm duas casas decimais; as somas são dos números tal como são.",
  ],
  channel: ["Channel", "Canal"],
  window_of_channel: ["Window in map {channel}", "Janela no mapa {channel}"],

  // Convolution
  output: ["Output", "Saída"],
  operation: ["Operation", "Operação"],
  convolution: ["Convolution", "Convolução"],
  cross_correlation: ["Cross-correlation", "Correlação cruzada"],
  kernel_applied: ["Kernel", "Núcleo"],
  turned: ["turned by 180°", "rodado 180°"],
  as_written: ["as written", "como se escreve"],
  kernel_sum: ["Sum of the kernel: {sum}.", "Soma do núcleo: {sum}."],
  kind_differential: ["Differential: an even surface gives 0.", "Diferencial: uma superfície uniforme dá 0."],
  kind_smoothing: ["Smoothing: brightness stays.", "Suavização: o brilho mantém-se."],
  kind_other: ["", ""],
  input_rows: ["Input rows", "Entrada, linhas"],
  input_columns: ["Input columns", "Entrada, colunas"],
  kernel_rows: ["Kernel rows", "Núcleo, linhas"],
  kernel_columns: ["Kernel columns", "Núcleo, colunas"],
  input_lecture: ["lecture, 5×5", "aula, 5×5"],
  input_impulse: ["an impulse", "um impulso"],
  input_edge: ["an edge", "um contorno"],
  padding: ["Padding", "Preenchimento"],
  padding_valid: ["valid", "válido"],
  padding_same: ["same", "igual"],
  padding_same_lower: ["same, odd one first", "igual, ímpar antes"],
  padding_full: ["full", "completo"],
  padding_number: ["numbers", "números"],
  margins_h: ["p, rows", "p, linhas"],
  margins_w: ["p, columns", "p, colunas"],
  border: ["Border", "Margem"],
  border_zeros: ["zeros", "zeros"],
  border_replicate: ["replicate", "replicada"],
  border_reflect: ["reflect", "refletida"],
  border_symmetric: ["symmetric", "simétrica"],
  border_circular: ["circular", "circular"],
  stride_h: ["Stride s, rows", "Passo s, linhas"],
  stride_w: ["Stride s, columns", "Passo s, colunas"],
  dilation_h: ["Dilation d, rows", "Dilatação d, linhas"],
  dilation_w: ["Dilation d, columns", "Dilatação d, colunas"],
  bias: ["Bias b", "Viés b"],
  activation: ["Activation φ", "Ativação φ"],
  cover: ["Cover what is to come", "Tapar o que falta"],
  kernel_too_large: [
    "The kernel is larger than the padded input: it fits nowhere, so there is no output. Pad more, or take a smaller kernel.",
    "O núcleo é maior do que a entrada preenchida: não cabe, por isso não há saída. Aumente o preenchimento ou reduza o núcleo.",
  ],
  misprint: [
    "The slide prints {printed} here; right is {right}, as in its own zero-padded table.",
    "O diapositivo mostra {printed}; o certo é {right}, como na sua própria tabela com zeros.",
  ],
  dilated_span: [
    "W′ is what the dilated kernel spans: d·(W − 1) + 1.",
    "W′ é o que o núcleo dilatado abrange: d·(W − 1) + 1.",
  ],
  no_size: ["< 1: no output", "< 1: sem saída"],
  top_short: ["top", "cima"],
  bottom_short: ["bottom", "baixo"],
  left_short: ["left", "esq."],
  right_short: ["right", "dir."],
  unused_rows: ["rows left over: {count}", "linhas que sobram: {count}"],
  unused_columns: ["columns left over: {count}", "colunas que sobram: {count}"],

  // Pooling
  max: ["Maximum", "Máximo"],
  average: ["Average", "Média"],
  patch: ["Patch", "Janela"],
  patch_h: ["Patch rows", "Linhas da janela"],
  patch_w: ["Patch columns", "Colunas da janela"],
  stride: ["Stride", "Passo"],
  pooling_note: [
    "Pooling has nothing to learn: it makes maps smaller. The stride is usually the patch’s size.",
    "O pooling nada aprende: torna os mapas mais pequenos. O passo é em geral o tamanho da janela.",
  ],
  patch_too_large: [
    "The patch is larger than the padded input: there is no output.",
    "A janela é maior do que a entrada preenchida: não há saída.",
  ],
  maximum_at_border: [
    "Padding is no value: only what lies in the input can win.",
    "O preenchimento não é valor: só o que está na entrada pode ganhar.",
  ],
  mean_at_border: [
    "Of the patch’s {area} places, {number} lie in the input, and only those are counted, as in Keras and ONNX. With zeros counted too (PyTorch’s default) it would be {other}.",
    "Das {area} posições da janela, {number} estão na entrada, e só essas contam, como no Keras e no ONNX. Contando zeros (o normal no PyTorch) seria {other}.",
  ],

  // Channels, signals
  red: ["Red", "Vermelho"],
  green: ["Green", "Verde"],
  blue: ["Blue", "Azul"],
  partial: ["Partial sums", "Somas parciais"],
  map_of_kernel: ["Map of kernel {kernel}", "Mapa do núcleo {kernel}"],
  channels_note: [
    "A kernel is as deep as its input. Its slices are summed, with one bias, into one map; so two kernels make two maps, and 2 × (3 × 3 × 3 + 1) = 56 parameters.",
    "Um núcleo é tão profundo como a sua entrada. As fatias somam-se, com um viés, num só mapa; dois núcleos fazem dois mapas, com 2 × (3 × 3 × 3 + 1) = 56 parâmetros.",
  ],
  signal: ["Signal x", "Sinal x"],
  system: ["System h", "Sistema h"],
  numbers_wanted: [
    "Write numbers with commas between them: {example}",
    "Escreva números separados por ponto e vírgula: {example}",
  ],
  numbers_too_many: ["At most {most} numbers: here are {count}", "No máximo {most} números: aqui estão {count}"],
  numbers_too_large: ["Each number lies between −{largest} and {largest}", "Cada número fica entre −{largest} e {largest}"],
  plots: ["Plots", "Gráficos"],
  signals_example: [
    "The lecture’s example: h[0] = 1, h[2] = −1 and, for n = 0 to 7,",
    "O exemplo da aula: h[0] = 1, h[2] = −1 e, para n = 0 a 7,",
  ],
  signals_sizes: [
    "Eight samples and three make 8 + 3 − 1 = 10.",
    "Oito amostras e três fazem 8 + 3 − 1 = 10.",
  ],

  // Pictures
  source: ["Picture", "Imagem"],
  scene: ["Sample", "Exemplo"],
  drawing: ["Drawing", "Desenho"],
  choose_picture: ["Choose another picture…", "Escolher outra imagem…"],
  no_file_yet: [
    "A link has no picture in it: choose one, drop it here, or paste it.",
    "Uma ligação não leva imagens: escolha uma, largue-a aqui ou cole-a.",
  ],
  scale_grey: ["Levels: black is zero", "Níveis: preto é zero"],
  as_grey: ["In grey", "Em cinzento"],
  sum_channels: ["Sum the channels", "Somar os canais"],
  picture_before: ["The picture", "A imagem"],
  picture_after: ["The picture after the kernel", "A imagem depois do núcleo"],
  point_at_a_pixel: [
    "Point at a pixel of the output to read its value. The border repeats the edge.",
    "Aponte para um píxel da saída para ler o seu valor. A margem repete a borda.",
  ],

  // Cost
  example: ["Network", "Rede"],
  lenet5: ["The lecture’s LeNet-5", "LeNet-5 da aula"],
  lenet5_c5: ["LeNet-5, 5×5 in conv2d_3", "LeNet-5, 5×5 em conv2d_3"],
  lenet5_1998: ["LeNet-5 as published in 1998", "LeNet-5 como publicada em 1998"],
  hundred_kernels: ["100 kernels, 512×512 colour", "100 núcleos, 512×512 a cores"],
  hundred_neurons: ["100 neurons, 512×512 colour", "100 neurónios, 512×512 a cores"],
  table_kept: [
    "Has a table of connections: of {kernels} × {maps} pairs of kernel and map, {pairs} are connected.",
    "Tem uma tabela de ligações: dos {kernels} × {maps} pares de núcleo e mapa, {pairs} estão ligados.",
  ],
  table_left_out: [
    "Its table of connections, of {kernels} kernels over {maps} maps, does not fit and was left out.",
    "A sua tabela de ligações, de {kernels} núcleos sobre {maps} mapas, não serve e foi deixada de fora.",
  ],
  batch: ["Batch", "Lote"],
  numbers: ["Numbers", "Números"],
  see_marked: [
    "These layers do not make a network: see the marked one.",
    "Estas camadas não fazem uma rede: veja a que está marcada.",
  ],
  add_layer: ["Add a layer", "Juntar uma camada"],
  remove: ["Remove", "Retirar"],
  height: ["Height", "Altura"],
  width: ["Width", "Largura"],
  depth: ["Channels", "Canais"],
  filters: ["Kernels", "Núcleos"],
  units: ["Units", "Unidades"],
  layer: ["Layer", "Camada"],
  output_shape: ["Output", "Saída"],
  figures: ["Figures of each layer", "Números de cada camada"],
  total_parameters: ["Parameters", "Parâmetros"],
  total_multiply_adds: ["Multiply-adds", "Multiplicações"],
  total_memory: ["Memory", "Memória"],
  output_memory: ["Memory of the output", "Memória da saída"],
  memory_parts: ["outputs {outputs} + weights {weights}", "saídas {outputs} + pesos {weights}"],
  sees_padding: [
    "more than the input’s {height} × {width}: padding is seen too",
    "mais do que {height} × {width} da entrada: vê também preenchimento",
  ],
  share_of_dense: ["in dense layers", "em camadas densas"],
  receptive_field: ["Sees", "Vê"],

  // Training
  recipe: ["recipe", "receita"],
  errors_of: ["Errors in {images} test images", "Erros em {images} imagens de teste"],
  accuracy: ["Accuracy", "Exatidão"],
  calibration_error: ["Calibration error", "Erro de calibração"],
  errors_slides: ["Errors on the slides", "Erros nos diapositivos"],
  errors_paper: ["Errors in the paper of 1998", "Erros no artigo de 1998"],
  errors_paper_distorted: ["In the paper, with distorted images", "No artigo, com imagens distorcidas"],
  accuracy_compared: ["Accuracy, with its 95 % interval", "Exatidão, com o intervalo de 95 %"],
  this_network: ["this network", "esta rede"],
  mark_slides: ["the slides", "os diapositivos"],
  mark_paper: ["the paper", "o artigo"],
  mark_paper_distorted: ["distorted", "distorcidas"],
  confusion: ["Confusion matrix", "Matriz de confusão"],
  true_read: ["true ↓ read →", "certo ↓ lido →"],
  reliability: ["Does confidence hold?", "A confiança cumpre-se?"],
  confidence_axis: ["confidence", "confiança"],
  right_answers: ["right answers", "respostas certas"],
  every_seed: ["Every seed of this recipe", "Cada semente desta receita"],
  seed: ["Seed", "Semente"],
  validation_errors: ["Validation errors", "Erros de validação"],
  test_errors: ["Test errors", "Erros de teste"],
  this_version: ["this version", "esta versão"],
  mean_of_seeds: ["Mean", "Média"],
  training_note: [
    "Measured once, on MNIST’s test images, which chose nothing. A model that was trained here shows its own numbers in this place.",
    "Medido uma vez, nas imagens de teste do MNIST, que nada escolheram. Um modelo treinado aqui mostra neste lugar os seus próprios números.",
  ],

  // What the service says; an empty kind leaves its English words as they are
  decimal_point: [".", ","],
  one_image: ["image", "imagem"],
  images: ["images", "imagens"],
  few_pixels: ["the digit has few pixels", "o algarismo tem poucos píxeis"],
  touches_edge: ["the digit touches the edge of the picture", "o algarismo toca na borda da imagem"],
  slide_memory: [
    "The slide prints {printed}: it multiplies by the input’s 3 channels as well, but a kernel is as deep as its input and sums them into one map.",
    "O diapositivo mostra {printed}: multiplica também pelos 3 canais da entrada, mas um núcleo é tão profundo como a entrada e soma-os num só mapa.",
  ],
  larger_than_input: [
    "{width} is larger than the input with its padding, {size}",
    "{width} é maior do que a entrada com preenchimento, {size}",
  ],
  takes_maps: [
    "{type} takes feature maps, and the layer before gives a vector",
    "{type} recebe mapas de características, e a camada anterior dá um vetor",
  ],
  takes_vector: [
    "Dense takes a vector: put Flatten before it",
    "Dense recebe um vetor: ponha Flatten antes",
  ],
  too_large_figure: [
    "a figure of this network is larger than 2^53, which no network has",
    "um número desta rede é maior do que 2^53, o que nenhuma rede tem",
  ],
  problem_other: ["", "O serviço recusou o pedido"],
  problem_malformed_body: ["", "O conteúdo enviado não se consegue ler"],
  problem_unauthorized: ["", "É precisa uma chave da API"],
  problem_unknown_name: ["", "Não há nada com esse nome"],
  problem_request_timeout: ["", "O pedido não chegou a tempo"],
  problem_too_large: ["", "O pedido ultrapassa um limite"],
  problem_unsupported_media_type: ["", "O formato não é dos que se leem aqui"],
  problem_invalid_input: ["", "O pedido lê-se, mas não tem resposta"],
  problem_compute_budget: ["", "O pedido custaria mais do que um limite permite"],
  problem_too_many_requests: ["", "Um só cliente pede mais do que a sua parte"],
  problem_overloaded: ["", "Já espera aqui tudo o que pode esperar"],
  problem_stopping: ["", "O serviço está a parar"],
  problem_unserved: ["", "Falta uma rede de que isto precisa"],
  problem_deadline: ["", "O pedido esperou demasiado"],
  problem_internal_error: ["", "O serviço cometeu um erro"],

  // The page of the API
  docs_title: ["API – LeNet-5 service", "API – Serviço LeNet-5"],
  docs_descriptions: [
    "What is said of each endpoint is the text of openapi.json.",
    "O que se diz de cada endereço é o texto de openapi.json, em inglês.",
  ],
  endpoints: ["Endpoints", "Endereços"],
  docs_parameters: ["Parameters", "Parâmetros"],
  docs_body: ["Body", "Conteúdo"],
  docs_answers: ["Answers", "Respostas"],
  by_default: ["by default", "por omissão"],
  body_as_json: ["Body as JSON", "Conteúdo em JSON"],
  or_a_picture: ["or a picture instead", "ou antes uma imagem"],
  one_example: ["Example", "Exemplo"],
  try_it: ["Try it", "Experimentar"],
  bytes: ["{count} bytes", "{count} bytes"],
  characters: ["{count} characters in all", "{count} caracteres ao todo"],

  // Player, calls
  player: ["Steps", "Passos"],
  play: ["Play", "Reproduzir"],
  pause: ["Pause", "Pausa"],
  first: ["First", "Primeiro"],
  back: ["Back", "Anterior"],
  forward: ["Next", "Seguinte"],
  last: ["Last", "Último"],
  speed: ["Speed", "Velocidade"],
  call: ["The same as a call of the API", "O mesmo, como chamada da API"],
  call_of_first: [
    "These are the layers of {first}. Those of another network: with model={others}.",
    "São as camadas de {first}. As de outra rede: com model={others}.",
  ],
  language_of_call: ["Language", "Linguagem"],
  copy: ["Copy", "Copiar"],
  run: ["Run", "Executar"],
  save_picture: ["Save the picture", "Guardar a imagem"],
};

export const LANGUAGES = /** @type {const} */ (["en", "pt"]);

/**
 * The words of a language, with values in their braces.
 * @param {string} language
 * @returns {Text}
 */
export function textIn(language) {
  const column = language === "pt" ? 1 : 0;
  return (key, values = {}) => STRINGS[key][column].replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
}

/** The address's language, or else the browser's. @param {string | undefined} asked */
export function languageOf(asked) {
  if (asked === "en" || asked === "pt") return asked;
  return navigator.language.startsWith("pt") ? "pt" : "en";
}

/** @param {string} language */
export function otherLanguage(language) {
  return language === "pt" ? "en" : "pt";
}
